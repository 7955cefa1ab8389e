import { make, setAttribute, Text } from './elements.ts';

export interface SliderOptions {
  id: string;
  symbol: string;
  label: string;
  unit: string;
  hint: string;
  least: number;
  most: number;
  /** Of a linear slider. */
  step?: number;
  log?: boolean;
  wish: (value: number) => void;
}

// Positions of a logarithmic slider.
const positions = 400;

/** One value of the policy: a slider to drag and a field to type into. Neither moves while the user is changing it. */
export class Slider {
  readonly host = make('div', 'control');
  private readonly range = make('input');
  private readonly number = make('input');
  private readonly unit = new Text();
  private readonly head = make('div', 'head');
  private isHeld = false;
  private least: number;
  private most: number;

  constructor(private readonly options: SliderOptions) {
    const { id, symbol, label, unit, hint } = options;
    [this.least, this.most] = [options.least, options.most];
    const name = make('label', '', make('span', 'symbol', symbol), ' ', label);
    name.htmlFor = `policy-${id}`;
    const text = make('p', 'hint', hint);
    text.id = `policy-${id}-hint`;
    this.range.type = 'range';
    this.range.id = `policy-${id}`;
    this.number.type = 'number';
    this.number.id = `policy-${id}-number`;
    this.number.setAttribute('aria-label', `${symbol}, ${label}, as a number`);
    this.range.setAttribute('aria-describedby', text.id);
    this.unit.set(unit);
    this.head.append(name, this.number, make('span', 'unit', this.unit.node));
    this.host.append(this.head, this.range, text);
    this.limit(this.least, this.most, unit);

    this.range.addEventListener('pointerdown', () => (this.isHeld = true));
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur']) this.range.addEventListener(end, () => (this.isHeld = false));
    this.range.addEventListener('input', () => {
      const value = this.valueAt(this.range.valueAsNumber);
      this.number.value = String(value);
      options.wish(value);
    });
    this.number.addEventListener('change', () => {
      const value = this.number.valueAsNumber;
      if (Number.isFinite(value)) options.wish(value);
    });
    this.number.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.number.blur();
    });
  }

  add(control: HTMLElement): void {
    this.head.append(control);
  }

  limit(least: number, most: number, unit: string): void {
    const { log, step } = this.options;
    [this.least, this.most] = [least, most];
    setAttribute(this.range, 'min', log ? '0' : String(least));
    setAttribute(this.range, 'max', log ? String(positions) : String(most));
    setAttribute(this.range, 'step', log ? '1' : String(step ?? 1));
    // The silo says what is allowed; a number may go beyond what the slider shows.
    setAttribute(this.number, 'step', log ? 'any' : String(step ?? 1));
    this.unit.set(unit);
  }

  /** Shows a value, unless the user is changing it. */
  set(value: number, words: string): void {
    setAttribute(this.range, 'aria-valuetext', words);
    if (this.isHeld) return;
    // A position that means this value already stays: several of a logarithmic slider may, and the arrow keys must get past them.
    if (this.valueAt(this.range.valueAsNumber) !== value) this.range.value = String(this.positionOf(value));
    const text = String(Math.round(value * 1000) / 1000);
    if (document.activeElement !== this.number && this.number.value !== text) this.number.value = text;
  }

  disable(disabled: boolean): void {
    this.range.disabled = this.number.disabled = disabled;
  }

  private valueAt(position: number): number {
    if (!this.options.log) return Math.round(position * 10) / 10;
    const value = this.least * (this.most / this.least) ** (position / positions);
    // Steps to round numbers: 0.5 ms below 5, 1 below 50, 5 below 500, 10 above.
    const step = value < 5 ? 0.5 : value < 50 ? 1 : value < 500 ? 5 : 10;
    return Math.min(this.most, Math.max(this.least, Math.round(value / step) * step));
  }

  private positionOf(value: number): number {
    if (!this.options.log) return value;
    const inside = Math.min(this.most, Math.max(this.least, value));
    return Math.round((Math.log(inside / this.least) / Math.log(this.most / this.least)) * positions);
  }
}
