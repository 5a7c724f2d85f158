// Reads a chart point by point, by pointer or by arrow keys. The words and the values come from
// the chart's table twin, so that what is read out is what the table says.
//
// The server writes on each chart
//   data-x="x0 dx first last"  the point of index i stands at x0 + dx·(i − first)
//   data-y="y0 dy"             the value v stands at y0 + dy·v
//   data-plot="top bottom"     where the cursor runs
//   data-twin="id"             the table, or the one row of a table, that holds the points
//   data-col="2"               which cell of a table's row is the charted value

interface Plot {
  x0: number;
  dx: number;
  first: number;
  last: number;
  y0: number;
  dy: number;
  top: number;
  bottom: number;
}

interface Reading {
  text: string;
  value: number | null;
}

function numbers(text: string | undefined): number[] {
  return (text ?? "").split(" ").map(Number);
}

function plotOf(chart: SVGSVGElement): Plot {
  const [x0 = 0, dx = 0, first = 0, last = 0] = numbers(chart.dataset["x"]);
  const [y0 = 0, dy = 0] = numbers(chart.dataset["y"]);
  const [top = 0, bottom = 0] = numbers(chart.dataset["plot"]);
  return { x0, dx, first, last, y0, dy, top, bottom };
}

function words(node: Element | null | undefined): string {
  return (node?.textContent ?? "").replace(/\s+/g, " ").trim();
}

function valueOf(cell: Element | null | undefined): number | null {
  const data = cell?.querySelector("data");
  return data ? Number(data.value) : null;
}

function readingOf(chart: SVGSVGElement, index: number): Reading | null {
  const twin = document.getElementById(chart.dataset["twin"] ?? "");
  if (twin instanceof HTMLTableRowElement) {
    const cell = twin.querySelector<HTMLTableCellElement>(`td[data-i="${index}"]`);
    const head = cell?.closest("table")?.tHead?.rows[0]?.cells[cell.cellIndex];
    return cell ? { text: `${words(head)}: ${words(cell)}`, value: valueOf(cell) } : null;
  }
  if (!(twin instanceof HTMLTableElement)) return null;
  const row = twin.querySelector<HTMLTableRowElement>(`tr[data-i="${index}"]`);
  if (!row) return null;
  const heads = twin.tHead?.rows[0]?.cells;
  const cells = [...row.cells];
  const parts = cells.slice(1).map((cell, at) => {
    const said = words(cell);
    return said && `${words(heads?.[at + 1])} ${said}`;
  });
  const text = `${words(cells[0])}: ${parts.filter(Boolean).join(", ")}`;
  return { text, value: valueOf(cells[Number(chart.dataset["col"] ?? 1)]) };
}

class Reader {
  private readonly box = document.createElement("div");
  private readonly cursor = document.createElement("div");
  private readonly mark = document.createElement("i");
  private index: number | null = null;

  constructor(
    private readonly place: HTMLElement,
    private readonly live: HTMLElement,
  ) {
    this.box.className = "reader";
    this.cursor.className = "cursor";
    this.cursor.append(this.mark);
    this.box.ariaHidden = this.cursor.ariaHidden = "true";
    this.hide();
    place.append(this.cursor, this.box);
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Chart: the arrow keys read its points");
    place.addEventListener("pointermove", (event) => this.point(event));
    place.addEventListener("pointerleave", () => this.hide());
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("blur", () => this.hide());
  }

  private chart(): SVGSVGElement | null {
    const charts = [...this.place.querySelectorAll<SVGSVGElement>(":scope > svg[data-x]")];
    return charts.find((chart) => chart.getClientRects().length > 0) ?? null;
  }

  private point(event: PointerEvent): void {
    const chart = this.chart();
    if (!chart) return;
    const { x0, dx, first, last } = plotOf(chart);
    const frame = chart.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * chart.viewBox.baseVal.width;
    const index = first + Math.round((x - x0) / dx);
    if (index < first - 1 || index > last + 1) this.hide();
    else this.show(chart, Math.min(last, Math.max(first, index)));
  }

  private key(event: KeyboardEvent): void {
    const chart = this.chart();
    if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
    const { first, last } = plotOf(chart);
    const now = this.index ?? last + 1;
    const wanted = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: first, End: last }[event.key];
    if (event.key === "Escape") this.hide();
    if (wanted === undefined) return;
    event.preventDefault();
    this.show(chart, Math.min(last, Math.max(first, wanted)));
    this.live.textContent = this.box.textContent;
  }

  private show(chart: SVGSVGElement, index: number): void {
    const reading = readingOf(chart, index);
    if (!reading) return this.hide();
    const { x0, dx, first, y0, dy, top, bottom } = plotOf(chart);
    const zoom = chart.getBoundingClientRect().width / chart.viewBox.baseVal.width;
    const x = (x0 + dx * (index - first)) * zoom;
    this.index = index;
    this.cursor.hidden = this.box.hidden = false;
    this.cursor.style.left = `${x}px`;
    this.cursor.style.top = `${top * zoom}px`;
    this.cursor.style.height = `${(bottom - top) * zoom}px`;
    this.mark.hidden = reading.value === null;
    if (reading.value !== null) {
      this.mark.style.top = `${(y0 + dy * reading.value - top) * zoom - 5.5}px`;
    }
    this.box.textContent = reading.text;
    const room = this.place.clientWidth - this.box.offsetWidth;
    this.box.style.left = `${Math.max(0, Math.min(room, x - this.box.offsetWidth / 2))}px`;
    this.box.style.top = `${bottom * zoom + 6}px`;
  }

  private hide(): void {
    this.index = null;
    this.cursor.hidden = this.box.hidden = true;
  }
}

export function readCharts(): void {
  const live = document.querySelector<HTMLElement>("#live");
  if (!live) return;
  for (const place of document.querySelectorAll<HTMLElement>(".fit")) {
    if (place.querySelector(":scope > svg[data-x]")) new Reader(place, live);
  }
}
