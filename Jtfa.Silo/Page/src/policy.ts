import type { ScenePolicy, SceneRouting } from './contract.ts';
import { make, part, setAttribute, Text } from './elements.ts';
import { duration, short } from './format.ts';
import { faultsOf } from './live.ts';
import { inForceAt, isOther } from './model.ts';
import { PolicyEffect } from './effect.ts';
import type { Part, Shown } from './shown.ts';
import { Slider } from './slider.ts';
import type { Outcome } from './steering.ts';
import { Steering } from './steering.ts';
import { ask } from './token.ts';

/** The policy as sliders that act at once, and what the last change did. */
export class PolicyPanel implements Part {
  private readonly phase = new Text();
  private readonly fault = new Text();
  private readonly sliders: Slider[];
  private readonly own = make('input');
  private readonly adaptive = make('input');
  private readonly back = make('button', 'back');
  private readonly effect = new PolicyEffect(part('policy-effect'));
  private readonly controls = part('policy-controls');
  private steering: Steering | null = null;
  private scene = '';
  private opening: ScenePolicy | null = null;
  private beta = 1;
  private inForce: ScenePolicy | null = null;

  constructor() {
    const wish = (value: number, of: 'k' | 't' | 'w' | 'beta') => this.steering?.wish({ [of]: value });
    this.sliders = [
      new Slider({
        id: 'k', symbol: 'K', label: 'cameras needed', unit: 'of –', least: 1, most: 4, step: 1,
        hint: 'Lower decides sooner, from fewer views. Higher is surer, and waits for slower cameras.', wish: value => wish(value, 'k'),
      }),
      new Slider({
        id: 't', symbol: 'T', label: 'timeout', unit: 'ms', least: 1, most: 2000, log: true,
        hint: 'The longest that a window waits after its first token. Adaptive, it follows how long the cameras take.',
        wish: value => wish(value, 't'),
      }),
      new Slider({
        id: 'w', symbol: 'W', label: 'window width', unit: 'ms', least: 10, most: 2000, log: true,
        hint: 'Tokens captured within one W belong together: the period of the cameras.', wish: value => wish(value, 'w'),
      }),
      new Slider({
        id: 'beta', symbol: 'β', label: 'sharpness of the gate', unit: '', least: 0, most: 8, step: 0.1,
        hint: '0 hears all cameras alike; higher listens to the best-scored alone.', wish: value => wish((this.beta = value), 'beta'),
      }),
    ];
    this.own.type = 'checkbox';
    this.own.id = 'beta-own';
    this.own.addEventListener('change', () => this.steering?.wish({ beta: this.own.checked ? null : this.beta }));
    this.sliders[3]?.add(make('label', 'own', this.own, `the head's own`));
    this.adaptive.type = 'checkbox';
    this.adaptive.id = 'timeout-adaptive';
    this.adaptive.addEventListener('change', () => this.steering?.wish({ timeout: this.adaptive.checked ? 'Adaptive' : 'Fixed' }));
    this.sliders[1]?.add(make('label', 'own', this.adaptive, 'adaptive'));
    this.back.type = 'button';
    this.back.hidden = true;
    this.back.addEventListener('click', () => {
      const { opening } = this;
      if (opening !== null)
        this.steering?.wish({ k: opening.k, t: opening.t, w: opening.w, beta: opening.beta, timeout: opening.timeout });
    });
    this.controls.append(...this.sliders.map(slider => slider.host), this.back);
    part('policy-phase').append(this.phase.node);
    part('policy-fault').append(this.fault.node);
  }

  draw({ model }: Shown): void {
    const routing = model.routing;
    if (routing === null) return;
    if (this.scene !== model.name || this.steering === null) this.begin(model.name, routing.current);
    this.steering?.take(routing);
    this.inForce = inForceAt(routing, model.time);
    this.show();
    this.say(model.time);
    this.effect.draw(model);
  }

  private begin(scene: string, policy: ScenePolicy): void {
    this.scene = scene;
    this.opening = policy;
    const steering = new Steering(
      policy => put(scene, policy),
      () => this.steering === steering && this.show());
    this.steering = steering;
  }

  private show(): void {
    const policy = this.steering?.shown;
    if (policy === null || policy === undefined) return;
    const [k, t, w, beta] = this.sliders;
    const fallen = policy.kMin !== null && this.inForce !== null && this.inForce.k < policy.k ? `, now ${this.inForce.k}` : '';
    k?.limit(1, policy.n, `of ${policy.n}${fallen}`);
    k?.set(policy.k, `${policy.k} of ${policy.n} cameras${fallen}`);
    const adapts = policy.timeout === 'Adaptive';
    const timeout = adapts && this.inForce?.timeout === 'Adaptive' ? Math.round(this.inForce.t * 10) / 10 : policy.t;
    t?.set(timeout, `${short(timeout)} milliseconds${adapts ? ', adaptive' : ''}`);
    t?.disable(adapts);
    this.adaptive.checked = adapts;
    w?.set(policy.w, `${short(policy.w)} milliseconds`);
    if (policy.beta !== null) this.beta = policy.beta;
    beta?.set(policy.beta ?? this.beta, policy.beta === null ? `the head's own` : short(policy.beta));
    beta?.disable(policy.beta === null);
    this.own.checked = policy.beta === null;
    const { opening } = this;
    this.back.hidden = opening === null || !isOther(policy, { ...policy, k: opening.k, t: opening.t, w: opening.w, beta: opening.beta, timeout: opening.timeout });
    if (opening !== null && !this.back.hidden) {
      const text = `Back to K ${opening.k}, T ${opening.timeout === 'Adaptive' ? 'adaptive' : `${short(opening.t)} ms`}, W ${short(opening.w)} ms, β ${opening.beta ?? 'own'}`;
      if (this.back.textContent !== text) this.back.textContent = text;
    }
  }

  private say(time: number): void {
    const phase = this.steering?.phase ?? { is: 'idle' };
    this.fault.set(phase.is === 'refused' ? phase.faults.join(' ') : '');
    setAttribute(this.controls, 'data-refused', phase.is === 'refused' ? '' : null);
    if (phase.is === 'waiting' || phase.is === 'sending') this.phase.set('sending …');
    else if (phase.is === 'refused') this.phase.set('refused: as before');
    else if (phase.is === 'taken' && time < phase.from) this.phase.set(`takes hold in ${(phase.from - time).toFixed(1)} s`);
    else if (phase.is === 'taken') this.phase.set(`holds, for ${duration(time - phase.from)}`);
    else this.phase.set('acts at once');
  }
}

async function put(scene: string, policy: ScenePolicy): Promise<Outcome> {
  try {
    const response = await ask(`v1/scenes/${encodeURIComponent(scene)}/policy`, {
      method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(policy), signal: AbortSignal.timeout(10_000),
    });
    return response.ok ? { routing: (await response.json()) as SceneRouting } : { faults: await faultsOf(response) };
  } catch {
    return { faults: ['The silo did not answer: the policy is as it was.'] };
  }
}
