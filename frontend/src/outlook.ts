// The sliders of the page 'Outlook': moving one redraws the forecast and the chance to hit at
// once. Without this script the form asks the server, which does the same sums.
import { type Model, type Moved, Scenario } from "./parts/scenario";

interface Driver {
  input: HTMLInputElement;
  output: HTMLOutputElement | null;
  stops: string[];
  now: number;
  first: string; // as it was when the page came
  words: string;
}

const form = document.querySelector<HTMLFormElement>("#what-if[data-model]");
if (form) enliven(form, JSON.parse(form.dataset["model"]!) as Model);

function enliven(form: HTMLFormElement, model: Model): void {
  const scenario = new Scenario(model);
  const said = document.querySelector<HTMLElement>("#scenario");
  const key = document.querySelector<HTMLElement>("#moved-key");
  const drivers = model.movers.flatMap((mover): Driver[] => {
    const input = form.elements.namedItem(mover.name);
    if (!(input instanceof HTMLInputElement)) return [];
    const output = form.querySelector<HTMLOutputElement>(`output[for="${input.id}"]`);
    const stops = (input.dataset["stops"] ?? "").split("|");
    const words = input.getAttribute("aria-valuetext") ?? "";
    return [{ input, output, stops, now: mover.now, first: input.value, words }];
  });
  let waiting = 0;
  let talking = 0;

  function redraw(): void {
    waiting = 0;
    const changes = new Map<string, number>();
    for (const { input, now } of drivers) {
      if (input.value !== input.dataset["still"]) {
        changes.set(input.name, Number(input.value) - now);
      }
    }
    const moved = changes.size ? scenario.moved(changes) : null;
    const words = !changes.size
      ? model.words.still
      : moved === null
        ? model.words.undefined
        : filled(model, moved);
    if (key) key.hidden = moved === null;
    if (said) {
      said.hidden = false;
      // drawn at once, but read out only when the slider rests
      said.setAttribute("role", "none");
      said.firstElementChild!.textContent = words;
      clearTimeout(talking);
      talking = setTimeout(() => tell(words), 700);
    }
    for (const chart of document.querySelectorAll<SVGSVGElement>(".fan > svg")) draw(chart, moved);
    remember(form, drivers);
  }

  function tell(words: string): void {
    const live = document.querySelector("#live");
    if (live) live.textContent = words;
  }

  for (const driver of drivers) {
    driver.input.addEventListener("input", () => {
      const words = wordsOf(driver);
      driver.input.setAttribute("aria-valuetext", words);
      if (driver.output) driver.output.textContent = words;
      waiting ||= requestAnimationFrame(redraw);
    });
  }
  const changed = drivers.some(({ input, first }) => input.value !== first);
  if (changed) for (const { input } of drivers) input.dispatchEvent(new Event("input"));
}

/** What the slider says where it stands. */
function wordsOf({ input, stops, first, words }: Driver): string {
  if (input.value === first) return words;
  const at = Math.round((Number(input.value) - Number(input.min)) / Number(input.step));
  return stops[at] ?? input.value;
}

function filled(model: Model, moved: Moved): string {
  const told: Record<string, string> = {
    middle: number(model, moved.middle[model.at]!),
    low: number(model, moved.low[model.at]!),
    high: number(model, moved.high[model.at]!),
    chance: moved.chance === null ? "" : `${Math.floor(100 * moved.chance + 0.5)}%`,
    before: model.before,
  };
  return model.words.moved.replace(/\{(\w+)\}/g, (whole, name: string) => told[name] ?? whole);
}

function number({ numerals }: Model, value: number): string {
  const [scale, decimals, prefix, suffix, locale, minus] = numerals;
  const size = new Intl.NumberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(Math.abs(value) * scale);
  const sign = value < 0 && /[1-9]/.test(size) ? minus : "";
  return sign + prefix + size + suffix;
}

/** Draws the moved future into a chart, by the places that the server wrote on it. */
function draw(chart: SVGSVGElement, moved: Moved | null): void {
  const [x0 = 0, dx = 0, first = 0] = (chart.dataset["x"] ?? "").split(" ").map(Number);
  const [y0 = 0, dy = 0] = (chart.dataset["y"] ?? "").split(" ").map(Number);
  const [top = 0, bottom = 0] = (chart.dataset["plot"] ?? "").split(" ").map(Number);
  const turn = Number(chart.dataset["turn"]);
  const root = chart.dataset["root"];
  for (const part of ["low", "middle", "high"] as const) {
    const path = chart.querySelector(`path[data-moved="${part}"]`);
    if (!path) continue;
    if (moved === null) {
      path.removeAttribute("d");
      continue;
    }
    const points = moved[part].map((value, at) => {
      const y = Math.min(Math.max(y0 + dy * value, top), bottom);
      return `${(x0 + dx * (turn + 1 + at - first)).toFixed(1)} ${y.toFixed(1)}`;
    });
    path.setAttribute("d", `M${[root, ...points].filter(Boolean).join("L")}`);
  }
}

/** Keeps what is moved in the address, so that it can be passed on or opened again. */
function remember(form: HTMLFormElement, drivers: Driver[]): void {
  const address = new URL(form.action);
  for (const { input } of drivers) {
    if (input.value !== input.dataset["still"]) address.searchParams.set(input.name, input.value);
  }
  history.replaceState(history.state, "", address);
}
