import type { SceneModel } from './model.ts';
import type { Moment } from './moments.ts';

/** What every part of the page draws from. */
export interface Shown {
  readonly model: SceneModel;
  readonly classNames: readonly string[];
  /** What the charts show, oldest first. */
  readonly moments: readonly Moment[];
  /** Whether these are the log's minutes: it is further back than the scene itself remembers. */
  readonly isPast: boolean;
  /** Seconds that the charts show. */
  readonly span: number;
  /** Grows when everything must be drawn anew: another theme, another span. */
  readonly look: number;
}

/** Draws a part of the page. */
export interface Part {
  draw(shown: Shown): void;
}
