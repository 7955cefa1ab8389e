import { BandwidthChart } from './bandwidth.ts';
import type { LiveUpdate, ModelMinute, ModelStatus, ModelUpdate, SceneDescription, SceneMinute, SceneOverview } from './contract.ts';
import { DecisionStream } from './decisions.ts';
import { part, setAttribute, Text } from './elements.ts';
import { EventLog } from './events.ts';
import { stepWords } from './format.ts';
import { History } from './history.ts';
import { ModelView } from './language.ts';
import { LatencyChart } from './latency.ts';
import { startLinks } from './links.ts';
import type { Connection, Subject } from './live.ts';
import { Live, modelsOf } from './live.ts';
import { most, SceneModel, withNews } from './model.ts';
import type { ModelMoment } from './modelMoments.ts';
import { momentsOfModelMinutes } from './modelMoments.ts';
import { ModelNav } from './models.ts';
import type { Moment } from './moments.ts';
import { momentsOfMinutes, momentsOfSeconds } from './moments.ts';
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
let models: ModelStatus[] = [];
let subject: Subject | null = null;
let model: SceneModel | null = null;
const modelsMs = 5000;
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
  drawLists();
  if (subject?.is === 'model') language.draw(span, look);
  else drawScene();
};
const drawLists = () => {
  const isModel = subject?.is === 'model';
  const hasScenes = descriptions.length > 1 || (models.length > 0 && descriptions.length > 0);
  list.show(hasScenes, descriptions.length);
  if (hasScenes && isModel) list.drawNames(descriptions.map(scene => scene.scene));
  else if (hasScenes) list.draw(overview, model?.name ?? null);
  modelNav.draw(models, isModel ? (subject?.name ?? null) : null);
  part('lists').hidden = !hasScenes && models.length === 0;
  setAttribute(part('page'), 'data-many', hasScenes || models.length > 0 ? '' : null);
};
const drawScene = () => {
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
const history = new History<SceneMinute, Moment>('scene', 'v1/scenes', momentsOfMinutes, drawAll);
const modelHistory = new History<ModelMinute, ModelMoment>('model', 'v1/language/models', momentsOfModelMinutes, drawAll);
const standing = new Standing();
let list: SceneList;
let parts: Part[] = [];
startTheme(() => parts.length > 0 && drawAll());
list = new SceneList();
const modelNav = new ModelNav();
const language = new ModelView(modelHistory, () => live.connect());
parts = [new Now(), new Verdict(), new ArrivalStrip(), new EventLog(), new PolicyPanel(), new LatencyChart(), new Trends(), new BandwidthChart(), new DecisionStream()];
const token = startTokenForm(() => live.connect());

const live = new Live({
  lists(scenes, known) {
    descriptions = scenes;
    models = known;
    overview = []; // the first update has all
    subject = wantedSubject() ?? firstSubject();
    show(subject);
    return subject;
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
  models(update: ModelUpdate) {
    models = update.models;
    if (subject?.is === 'model') language.merge(subject.name, update);
    standing.updated(update.time);
    draw();
  },
  connection(connection: Connection) {
    standing.set(connection);
    if (connection.is === 'token') token.refused();
    if (connection.is !== 'unknown') return;
    const names = connection.subject.is === 'scene' ? descriptions.map(scene => scene.scene) : models.map(one => one.name);
    standing.offer(connection.subject, names);
  },
});

function wantedSubject(): Subject | null {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const is of ['scene', 'model'] as const) {
    const name = wanted.get(is);
    if (name !== null) return { is, name };
  }
  return null;
}

function firstSubject(): Subject | null {
  if (descriptions[0] !== undefined) return { is: 'scene', name: descriptions[0].scene };
  return models[0] === undefined ? null : { is: 'model', name: models[0].name };
}

function show(shown: Subject | null): void {
  part('scene-name').textContent = shown?.name ?? 'no scene';
  document.title = shown === null ? 'JTFA' : `${shown.name} – JTFA`;
  const isModel = shown?.is === 'model';
  part('main').hidden = isModel;
  part('language').hidden = !isModel;
  part('skip').textContent = isModel ? 'Skip to the language model' : 'Skip to the scene';
  if (!isModel) language.close();
}

// Beside a scene the models' states are not told live.
async function refreshModels(): Promise<void> {
  if (models.length === 0 || subject?.is !== 'scene' || document.hidden) return;
  try {
    models = await modelsOf(AbortSignal.timeout(modelsMs));
    draw();
  } catch {
    // The scene's own connection says that the silo does not answer.
  }
}

// Not by its address, which names the scene or the model.
part('skip').addEventListener('click', event => {
  event.preventDefault();
  part(subject?.is === 'model' ? 'language' : 'main').focus();
});
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
setInterval(() => void refreshModels(), modelsMs);
live.connect();
