// Enriches the pages that the server drew; everything works without it.
import { bindKeys } from "./parts/keys";
import { readCharts } from "./parts/reading";
import { switchTheme } from "./parts/theme";

bindKeys();
readCharts();
switchTheme();
