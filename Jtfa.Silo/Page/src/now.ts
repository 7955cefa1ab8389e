import type { CameraHealth, Decision, DecisionDetail } from './contract.ts';
import { make, part, setAttribute, setClass, Text } from './elements.ts';
import { clock, nameOf, percent } from './format.ts';
import { faultsOf } from './live.ts';
import type { SceneModel } from './model.ts';
import { Pictures } from './pictures.ts';
import type { Part, Shown } from './shown.ts';
import { ask } from './token.ts';

// Ten names a second could not be read.
const periodMs = 400;
const glyphs = { OnTime: '●', Late: '◐', Missing: '×' } as const;
const words = { OnTime: 'on time', Late: 'late', Missing: 'missing' } as const;

/** What was decided last, how sure, when, and from which cameras: each with what it sees and its share in the gate. */
export class Now implements Part {
  private readonly name = new Text();
  private readonly sure = new Text();
  private readonly truth = new Text();
  private readonly truthHost = make('span', 'truth', this.truth.node);
  private readonly tiles: Tile[] = [];
  private readonly list = part('now-cameras');
  private readonly fault = new Text();
  private readonly pictures = new Pictures((view, url) => this.tiles.find(tile => tile.view === view)?.picture(url));
  private drawnAt = -Infinity;
  private scene = '';

  constructor() {
    part('now-name').append(this.name.node);
    part('now-how').append(this.sure.node, this.truthHost);
    part('now-fault').append(this.fault.node);
  }

  draw({ model, classNames }: Shown): void {
    const isOther = this.scene !== model.name;
    this.scene = model.name;
    if (isOther) this.fault.set('');
    this.fit(model, isOther);
    this.pictures.watch(model.name, model.cameras);
    if (!isOther && performance.now() - this.drawnAt < periodMs) return;
    this.drawnAt = performance.now();
    const last = model.lastDecision;
    this.say(last, classNames);
    const detail = last === undefined ? undefined : model.detail(last);
    model.cameras.forEach((camera, index) => this.tiles[index]?.draw(camera, last, detail, model.cameraSwitches));
  }

  private say(last: Decision | undefined, classNames: readonly string[]): void {
    if (last === undefined) {
      this.name.set('No decision yet');
      this.sure.set('');
      this.truth.set('');
      return;
    }
    const called = (label: number) => classNames[label] ?? `class ${label}`;
    this.name.set(last.label ?? called(last.pred));
    const because = last.cause === 'K' ? 'by K' : 'by T';
    this.sure.set(`${percent(last.confidence)} sure · ${clock(last.timestamp)} · ${because}, from ${last.m} ${last.m === 1 ? 'camera' : 'cameras'}`);
    this.truth.set(last.gt < 0 ? 'truth –' : last.correct ? `✓ truth ${called(last.gt)}` : `✗ truth ${called(last.gt)}`);
    setClass(this.truthHost, `truth ${last.gt < 0 ? '' : last.correct ? 'right' : 'wrong'}`);
  }

  private fit(model: SceneModel, isOther: boolean): void {
    while (this.tiles.length > (isOther ? 0 : model.cameras.length)) this.tiles.pop()?.host.remove();
    while (this.tiles.length < model.cameras.length) {
      const tile: Tile = new Tile(camera => void this.toggle(camera));
      this.tiles.push(tile);
      this.list.append(tile.host);
    }
    model.cameras.forEach((camera, index) => this.tiles[index]?.name(camera));
  }

  private async toggle(camera: CameraHealth): Promise<void> {
    const path = `v1/scenes/${encodeURIComponent(this.scene)}/cameras/${encodeURIComponent(camera.declared ?? '')}/running?running=${camera.switchedOff}`;
    try {
      const response = await ask(path, { method: 'PUT', signal: AbortSignal.timeout(30_000) });
      this.fault.set(response.ok ? '' : (await faultsOf(response)).join(' '));
    } catch {
      this.fault.set(`${nameOf(camera)} was not switched: the silo did not answer.`);
    }
  }
}

/** A camera: its picture, its name, its share of the last decision, its switch. */
class Tile {
  readonly host: HTMLLIElement;
  view = -1;
  private camera: CameraHealth | null = null;
  private readonly image = make('img');
  private readonly none = new Text();
  private readonly glyphText = new Text();
  private readonly glyph = make('span', 'timing', this.glyphText.node);
  private readonly timing = new Text();
  private readonly label = new Text();
  private readonly meter = make('i', 'meter');
  private readonly share = new Text();
  private readonly action = new Text();
  private readonly whose = new Text();
  private readonly button = make('button', 'quiet', this.action.node, make('span', 'unseen', this.whose.node));

  constructor(toggle: (camera: CameraHealth) => void) {
    this.image.hidden = true;
    this.glyph.setAttribute('aria-hidden', 'true');
    this.button.type = 'button';
    this.button.hidden = true;
    this.button.addEventListener('click', () => {
      if (this.camera !== null) toggle(this.camera);
    });
    this.host = make('li', 'tile',
      make('div', 'view', make('span', '', this.none.node), this.image),
      make('div', 'who', this.glyph, make('b', '', this.label.node), make('span', 'unseen', this.timing.node)),
      make('div', 'share', this.meter, make('span', '', this.share.node)),
      this.button);
  }

  name(camera: CameraHealth): void {
    if (this.view !== camera.view) this.picture(null);
    this.view = camera.view;
    this.camera = camera;
    this.label.set(nameOf(camera));
    setAttribute(this.host, 'data-view', String(camera.view));
    setAttribute(this.host, 'data-timing', camera.timing);
    if (!camera.givesPictures) this.picture(null);
  }

  picture(url: string | null): void {
    this.image.hidden = url === null;
    if (url === null) this.image.removeAttribute('src');
    else this.image.src = url;
  }

  draw(camera: CameraHealth, last: Decision | undefined, detail: DecisionDetail | undefined, switches: boolean): void {
    const name = nameOf(camera);
    setAttribute(this.image, 'alt', `What ${name} sees`);
    setClass(this.glyph, `timing ${camera.timing}`);
    this.glyphText.set(glyphs[camera.timing]);
    this.timing.set(`, ${camera.switchedOff ? 'switched off' : words[camera.timing]}`);
    this.none.set(camera.switchedOff ? 'off' : camera.fault !== null ? 'at fault' : camera.givesPictures ? '…' : 'no picture');
    setAttribute(this.host, 'title', camera.fault);
    const weight = detail?.tokens.find(token => token.view === camera.view)?.weight;
    const isIn = last?.views.includes(camera.view) === true;
    this.share.set(weight !== undefined ? percent(weight) : isIn ? 'fused' : last === undefined ? '–' : 'not in it');
    this.meter.style.setProperty('--share', weight === undefined ? '0%' : `${(weight * 100).toFixed(0)}%`);
    this.button.hidden = !switches || camera.declared === null;
    this.action.set(camera.switchedOff ? 'Switch on' : 'Switch off');
    this.whose.set(` ${name}`);
  }
}
