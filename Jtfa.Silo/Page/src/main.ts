import { BandwidthChart } from './bandwidth.ts';
import type { LiveUpdate, SceneDescription, SceneOverview } from './contract.ts';
import { DecisionStream } from './decisions.ts';
import { part, Text } from './elements.ts';
import { EventLog } from './events.ts';
import { stepWords } from './format.ts';
import { History } from './history.ts';
import { LatencyChart } from './latency.ts';
import { startLinks } from './links.ts';
import type { Connection } from './live.ts';
import { Live } from './live.ts';
import { most, SceneModel, withNews } from './model.ts';
import { momentsOfSeconds } from './moments.ts';
import { Now } from './now.ts';
import { PolicyPanel } from './policy.ts';
import { SceneList } from './scenes.ts';
import type { Part } from './shown.ts';
import { Standing } from './standing.ts';
import { ArrivalStrip } from './strip.ts';
import { startTheme } from './theme.ts';
import { startTokenForm } from './token.ts';
import { Trends } from './trends.ts';
import { Verdict } from './verdict.ts';

let descriptions: SceneDescription[] = [];
let overview: SceneOverview[] = [];
let model: SceneModel | null = null;
const leastSpan = 20;
const leastPast = 600;

let span = 120;
let look = 0;
let frame = 0;
let drawnAt = -Infinity;

// Users who prefer reduced motion get one drawing a second.
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const calmMs = 1000;

// Drawn at most once a frame, whatever comes: updates that arrive together are merged first and cost one drawing.
const draw = () => {
  if (frame === 0 && !(calm.matches && performance.now() - drawnAt < calmMs)) frame = requestAnimationFrame(drawParts);
};
const drawParts = () => {
  frame = 0;
  drawnAt = performance.now();
  list.draw(overview, model?.name ?? null);
  part('open').hidden = overview.find(scene => scene.scene === model?.name)?.open !== true;
  const step = model?.clockStep ?? null;
  part('clock').hidden = step === null;
  clockNote.set(step === null ? '' : stepWords(step));
  if (model === null || model.routing === null) return;
  const classNames = descriptions.find(scene => scene.scene === model?.name)?.classNames ?? [];
  const isPast = span > most.seconds;
  const moments = isPast ? history.moments(model.name, model.time, span) : momentsOfSeconds(model.seconds);
  pastNote.set(isPast ? history.note : '');
  // The charts of a young scene span only the time that there is data for.
  const age = model.time - (isPast ? (moments[0]?.from ?? model.time) : model.firstSecond);
  const shownSpan = Math.min(span, Math.max(isPast ? leastPast : leastSpan, age));
  for (const one of parts) one.draw({ model, classNames, moments, isPast, span: shownSpan, look });
};
const drawAll = () => {
  look++;
  drawnAt = -Infinity;
  draw();
};

const clockNote = new Text();
part('clock').append(clockNote.node);
const pastNote = new Text();
part('past-note').append(pastNote.node);
const history = new History(drawAll);
const standing = new Standing();
let list: SceneList;
let parts: Part[] = [];
startTheme(() => parts.length > 0 && drawAll());
list = new SceneList();
parts = [new Now(), new Verdict(), new ArrivalStrip(), new EventLog(), new PolicyPanel(), new LatencyChart(), new Trends(), new BandwidthChart(), new DecisionStream()];
const token = startTokenForm(() => live.connect());

const live = new Live({
  scenes(scenes) {
    descriptions = scenes;
    overview = []; // the first update has all
    const wanted = wantedScene() ?? scenes[0]?.scene ?? null;
    name(wanted);
    return wanted;
  },
  update(update: LiveUpdate) {
    overview = withNews(overview, update.scenes);
    if (update.scene !== null) {
      if (model?.name !== update.scene.scene) model = new SceneModel(update.scene.scene);
      model.merge(update);
    }
    standing.updated(update.time);
    draw();
  },
  connection(connection: Connection) {
    standing.set(connection);
    if (connection.is === 'token') token.refused();
    if (connection.is === 'unknown') standing.offer(connection.scene, descriptions.map(scene => scene.scene));
  },
});

function wantedScene(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get('scene');
}

function name(scene: string | null): void {
  part('scene-name').textContent = scene ?? 'no scene';
  document.title = scene === null ? 'JTFA' : `${scene} – JTFA`;
}

window.addEventListener('hashchange', () => {
  model = null;
  live.connect();
});
window.addEventListener('resize', drawAll);
for (const input of part('span').querySelectorAll('input')) {
  input.addEventListener('change', () => {
    span = Number(input.value);
    drawAll();
  });
}
startLinks();
live.connect();
