// A forecast as its drivers are moved: the same sums as `analysis/scenarios.py` does, so that the
// page says the same with and without script.

type Formula = number | [string, ...(Formula | number)[]];

export interface Way {
  leaf: number | null;
  lag: number;
  draws: number[];
}

export interface Aim {
  value: number;
  good: string;
  quantiles: number[];
  first: number;
  last: number;
  known: number;
  weight: number;
}

export interface Model {
  levels: number[];
  ahead: number[][];
  shown: number;
  movers: { name: string; now: number; ways: [number | null, number, number[]][] }[];
  formula: Formula | null;
  leaves: number[];
  scaled: boolean;
  bounds: [number | null, number | null];
  aim: Aim | null;
  at: number;
  numerals: [number, number, string, string, string, string];
  before: string;
  words: { moved: string; still: string; undefined: string };
}

export interface Moved {
  low: number[];
  middle: number[];
  high: number[];
  chance: number | null;
}

/** What the figure is multiplied by, and what is added, in each draw. */
interface Line {
  factors: number[];
  shifts: number[];
}

const DRAWS = 40;
const HALVINGS = 30;
const SUREST = [0.01, 0.99] as const;

function value(formula: Formula, leaves: number[]): number {
  if (typeof formula === "number") return formula;
  const [operator, left, right] = formula;
  if (operator === "x") return leaves[left as number] ?? NaN;
  const a = value(left as Formula, leaves);
  const b = value(right as Formula, leaves);
  if (operator === "+") return a + b;
  if (operator === "-") return a - b;
  return operator === "*" ? a * b : a / b;
}

/** The share below a value; `or` counts what lies at it, too. */
function below(quantiles: number[], levels: (at: number) => number, x: number, or: boolean): number {
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = quantiles[middle]!;
    if (or ? one <= x : one < x) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  if (low === quantiles.length) return 1;
  const from = quantiles[low - 1]!;
  const first = levels(low - 1);
  return first + ((levels(low) - first) * (x - from)) / (quantiles[low]! - from);
}

function quantileOf(quantiles: number[], levels: number[], level: number): number {
  const at = levels.findIndex((one) => one >= level);
  if (at <= 0) return quantiles[at === 0 ? 0 : quantiles.length - 1]!;
  const share = (level - levels[at - 1]!) / (levels[at]! - levels[at - 1]!);
  return quantiles[at - 1]! + share * (quantiles[at]! - quantiles[at - 1]!);
}

export class Scenario {
  private readonly made: number;

  constructor(private readonly model: Model) {
    this.made = model.formula === null ? NaN : value(model.formula, model.leaves);
  }

  /** The future with drivers changed by so much; null where the formula has no value then. */
  moved(changes: Map<string, number>): Moved | null {
    const lines = this.lines(changes);
    if (lines === null) return null;
    const end = (level: number): number[] =>
      this.model.ahead
        .slice(0, this.model.shown)
        .map((quantiles, at) => this.quantile(quantiles, lines[at]!, level));
    return { low: end(0.1), middle: end(0.5), high: end(0.9), chance: this.chance(lines) };
  }

  private lines(changes: Map<string, number>): Line[] | null {
    const felt = new Set<number>([-1]);
    for (const mover of this.model.movers) {
      if (changes.get(mover.name)) for (const [, lag] of mover.ways) felt.add(lag);
    }
    const starts = [...felt].sort((a, b) => a - b);
    const known = new Map<number, Line>();
    for (const start of starts) {
      const line = this.line(changes, start);
      if (line === null) return null;
      known.set(start, line);
    }
    return this.model.ahead.map((_, period) => {
      const start = starts.filter((one) => one <= period).pop()!;
      return known.get(start)!;
    });
  }

  private line(changes: Map<string, number>, period: number): Line | null {
    const { formula, leaves, movers, scaled } = this.model;
    const line: Line = { factors: [], shifts: [] };
    for (let draw = 0; draw < DRAWS; draw++) {
      const values = [...leaves];
      let added = 0;
      let touched = false;
      for (const mover of movers) {
        const change = changes.get(mover.name) ?? 0;
        if (!change) continue;
        for (const [leaf, lag, draws] of mover.ways) {
          if (lag > period) continue;
          const each = change * draws[draws.length === 1 ? 0 : draw]!;
          if (leaf === null) added += each;
          else {
            values[leaf] = values[leaf]! + each;
            touched = true;
          }
        }
      }
      let factor = 1;
      if (touched && formula !== null) {
        const made = value(formula, values);
        if (!Number.isFinite(made) || (scaled && made <= 0)) return null;
        if (scaled) factor = made / this.made;
        else added += made - this.made;
      }
      line.factors.push(factor);
      line.shifts.push(added);
    }
    return line;
  }

  private quantile(quantiles: number[], { factors, shifts }: Line, level: number): number {
    const { levels, bounds } = this.model;
    const own = quantileOf(quantiles, levels, level);
    const moved = factors.map((factor, at) => factor * own + shifts[at]!);
    let low = Math.min(...moved);
    let high = Math.max(...moved);
    const at = (place: number): number => levels[place]!;
    for (let step = high > low ? HALVINGS : 0; step > 0; step--) {
      const middle = (low + high) / 2;
      let share = 0;
      factors.forEach((factor, draw) => {
        share += below(quantiles, at, (middle - shifts[draw]!) / factor, false);
      });
      if (share / factors.length < level) low = middle;
      else high = middle;
    }
    const found = (low + high) / 2;
    return Math.min(Math.max(found, bounds[0] ?? -Infinity), bounds[1] ?? Infinity);
  }

  private chance(lines: Line[]): number | null {
    const { aim, ahead, levels } = this.model;
    if (aim === null) return null;
    const inside = lines.slice(aim.first, aim.last + 1);
    const middles = ahead
      .slice(aim.first, aim.last + 1)
      .map((one) => Math.max(quantileOf(one, levels, 0.5), 0));
    const whole = middles.reduce((sum, one) => sum + one, 0);
    const shares = middles.map((one) => (whole > 0 ? one / whole : 1 / middles.length));
    const fine = (place: number): number => (place + 0.5) / aim.quantiles.length;
    let sum = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      let factor = 0;
      let shift = 0;
      inside.forEach((line, at) => {
        factor += shares[at]! * line.factors[draw]!;
        shift += aim.weight * line.shifts[draw]!;
      });
      const needed = (aim.value - aim.known - shift) / factor + aim.known;
      const under = below(aim.quantiles, fine, needed, aim.good !== "up");
      sum += aim.good === "up" ? 1 - under : under;
    }
    return Math.min(Math.max(sum / DRAWS, SUREST[0]), SUREST[1]);
  }
}
