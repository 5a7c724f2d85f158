// Keys: / searches, g b opens the board, a leads to the first signal that waits, ? shows the keys.

const TYPING = "input, select, textarea, [contenteditable]";
const CHORD_MS = 1200;

export function bindKeys(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#keys-dialog");
  document.querySelector("[data-open=keys]")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog?.showModal();
  });

  let startedAt = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest(TYPING)) return;
    const inChord = event.timeStamp - startedAt < CHORD_MS;
    startedAt = 0;
    if (event.key === "g") {
      startedAt = event.timeStamp;
    } else if (event.key === "b" && inChord) {
      location.assign("/");
    } else if (event.key === "/") {
      event.preventDefault();
      const field = document.querySelector<HTMLInputElement>("input[type=search]");
      if (field) field.focus();
      else location.assign("/search");
    } else if (event.key === "a") {
      const waits = document.querySelector<HTMLElement>("[data-waits]");
      if (!waits) return;
      event.preventDefault();
      if (waits instanceof HTMLDetailsElement) waits.open = true;
      waits.querySelector<HTMLElement>("select, input:not([type=hidden])")?.focus();
    } else if (event.key === "?" && dialog && !dialog.open) {
      event.preventDefault();
      dialog.showModal();
    }
  });
}
