// Light or dark: the cookie tells the server, so that the next page comes in the right colours.

const YEAR = 365 * 24 * 3600;

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function switchTheme(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-switch=theme]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    document.cookie = `sameboat_theme=${theme}; path=/; max-age=${YEAR}; samesite=strict`;
  });
}
