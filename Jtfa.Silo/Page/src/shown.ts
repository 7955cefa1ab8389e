import type { SceneModel } from './model.ts';

/** What every part of the page draws from. */
export interface Shown {
  readonly model: SceneModel;
  readonly classNames: readonly string[];
  /** Seconds that the charts show. */
  readonly span: number;
  /** Grows when everything must be drawn anew: another theme, another span. */
  readonly look: number;
}

/** Draws a part of the page. */
export interface Part {
  draw(shown: Shown): void;
}
