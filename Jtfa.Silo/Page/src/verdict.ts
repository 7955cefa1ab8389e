import type { CameraHealth, SceneSecond } from './contract.ts';
import { make, part, Text } from './elements.ts';
import { digits, duration, milliseconds, nameOf, percent, short } from './format.ts';
import type { SceneModel } from './model.ts';
import { inForceAt } from './model.ts';
import type { Part, Shown } from './shown.ts';

/** What one must see at a glance: who is late, in a sentence, and the figures. */
export class Verdict implements Part {
  private readonly sentence = part('verdict');
  private readonly firing = new Text();
  private readonly aloud = new Text();
  private said = '';
  private readonly figures = new Map<string, { value: Text; unit: Text; beside: Text }>();

  constructor() {
    part('firing').append(this.firing.node);
    part('verdict-aloud').append(this.aloud.node);
    const list = part('numbers');
    for (const [id, label] of [
      ['rate', 'decisions/s'], ['causes', 'K : T, last 10 s'], ['p50', 'p50, last 10 s'], ['p90', 'p90, last 10 s'], ['p99', 'p99, last 10 s'],
      ['tail', 'tail, last 10 s'], ['fill', 'fill'], ['accuracy', 'running accuracy'], ['kbps', 'bandwidth'],
    ] as const) {
      const [value, unit, beside] = [new Text(), new Text(), new Text()];
      const number = make('dd', '', value.node, make('small', '', unit.node), make('span', 'with', beside.node));
      number.dataset['figure'] = id;
      list.append(make('div', '', make('dt', '', label), number));
      this.figures.set(id, { value, unit, beside });
    }
  }

  draw({ model }: Shown): void {
    this.say(model);
    const { statistics, routing } = model;
    if (statistics === null || routing === null) return;
    const ten = model.seconds.slice(-10);
    const last = ten.at(-1);
    const sum = (of: (second: SceneSecond) => number) => ten.reduce((total, second) => total + of(second), 0);
    const [all, byK] = [sum(second => second.decisions), sum(second => second.byK)];
    const policy = inForceAt(routing, model.time);
    const cameras = model.cameras.filter(camera => camera.timing !== 'Missing');

    this.firing.set(
      all === 0
        ? `No window fired in the last ten seconds: no camera's token comes in.`
        : `A window waits for ${policy.k} of ${policy.n} cameras, at most ${short(policy.t)} ms. In the last ten seconds ${percent(byK / all)} fired because ${policy.k} were in, ${percent(1 - byK / all)} because ${short(policy.t)} ms had passed.`);
    this.set('rate', digits(last?.decisions), '', `${statistics.decisions} in all`);
    this.set('causes', all > 0 ? `${byK} : ${all - byK}` : '–', '', `${statistics.byK} : ${statistics.byT} in all`);
    this.set('p50', milliseconds(last?.latency.p50), 'ms', 'half are faster');
    this.set('p90', milliseconds(last?.latency.p90), 'ms', '9 of 10 are faster');
    this.set('p99', milliseconds(last?.latency.p99), 'ms', `T is ${short(policy.t)} ms`);
    this.set('tail', digits(last?.latency.tailFactor), '', '1 is best');
    const fill = all > 0 ? sum(second => (second.fillRatio ?? 0) * second.decisions) / all : null;
    this.set('fill', percent(fill), '', `${fill === null ? '–' : digits(fill * policy.n)} of ${policy.n} views`);
    this.set('accuracy', percent(statistics.accuracy, 1), '', statistics.accuracy === null ? 'no truth is known' : 'of all labelled');
    this.set('kbps', digits(cameras.reduce((total, camera) => total + camera.kbps, 0)), 'kbit/s', `from ${cameras.length} cameras`);
  }

  private set(id: string, value: string, unit: string, beside: string): void {
    const figure = this.figures.get(id);
    figure?.value.set(value);
    figure?.unit.set(value === '–' ? '' : unit);
    figure?.beside.set(beside);
  }

  private say(model: SceneModel): void {
    const late = model.cameras.filter(camera => camera.timing === 'Late');
    const missing = model.cameras.filter(camera => camera.timing === 'Missing');
    const key = `${model.name} ${model.cameras.length} ${late.map(nameOf).join()} ${missing.map(camera => nameOf(camera) + since(model, camera)).join()}`;
    if (key === this.said) return;
    this.said = key;
    const onTime = model.cameras.length - late.length - missing.length;
    const words: (Node | string)[] = [];
    if (model.cameras.length === 0) words.push('No camera has sent a token yet.');
    else if (onTime === model.cameras.length) words.push(onTime === 1 ? 'The camera is on time.' : `All ${onTime} cameras are on time.`);
    else words.push(`${onTime} of ${model.cameras.length} cameras are on time.`);
    if (late.length > 0) words.push(' ', names(late, 'late'), late.length === 1 ? ' is late: its tokens come after the window fired.' : ' are late: their tokens come after the window fired.');
    if (missing.length > 0) words.push(' ', names(missing, 'missing'), missing.length === 1 ? ` is missing: nothing came from it${since(model, missing[0]!)}.` : ' are missing: nothing comes from them.');
    this.sentence.replaceChildren(...words);
    // Read aloud only when a camera comes or goes, not for every second that it is away.
    this.aloud.set(this.sentence.textContent?.replace(/ for [0-9]+ (s|min|h)/, '') ?? '');
  }
}

function names(cameras: readonly CameraHealth[], className: string): HTMLElement {
  const some = cameras.slice(0, 4).map(nameOf);
  return make('span', className, some.join(', ') + (cameras.length > some.length ? ` and ${cameras.length - some.length} more` : ''));
}

/** How long nothing came. */
function since(model: SceneModel, camera: CameraHealth): string {
  const seconds = model.time - camera.lastTokenAt;
  if (camera.tokens === 0) return '';
  return ` for ${duration(seconds < 10 ? Math.floor(seconds) : seconds < 60 ? Math.floor(seconds / 10) * 10 : Math.floor(seconds / 60) * 60)}`;
}
