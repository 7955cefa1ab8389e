import type { CameraHealth } from './contract.ts';
import { ask } from './token.ts';

const periodMs = 1000;
const mostCameras = 16;

/** Asks for what cameras see, once a second, while the page is looked at. A camera that does not answer is not asked again before it has. */
export class Pictures {
  private scene = '';
  private cameras: readonly CameraHealth[] = [];
  private readonly asked = new Set<string>();

  constructor(private readonly show: (view: number, url: string | null) => void) {
    window.setInterval(() => this.askAll(), periodMs);
  }

  /** The cameras that are shown from now on. */
  watch(scene: string, cameras: readonly CameraHealth[]): void {
    const isOther = scene !== this.scene;
    [this.scene, this.cameras] = [scene, cameras];
    if (isOther) this.askAll();
  }

  private askAll(): void {
    if (document.hidden) return;
    for (const camera of this.cameras.slice(0, mostCameras)) {
      if (camera.givesPictures && camera.declared !== null) void this.askOne(this.scene, camera.view, camera.declared);
    }
  }

  private async askOne(scene: string, view: number, camera: string): Promise<void> {
    const path = `v1/scenes/${encodeURIComponent(scene)}/cameras/${encodeURIComponent(camera)}/picture`;
    if (this.asked.has(path)) return;
    this.asked.add(path);
    try {
      const response = await ask(path, { signal: AbortSignal.timeout(5000) });
      if (response.status !== 200) return; // none yet, or the camera is away: the last stays, greyed when it is missing
      const url = await dataUrl(await response.blob());
      if (scene === this.scene) this.show(view, url);
    } catch {
      // The silo does not answer: that is told elsewhere, and asked again.
    } finally {
      this.asked.delete(path);
    }
  }
}

/** An address that holds the picture itself: the page's policy allows no others. */
function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(String(reader.result)));
    reader.addEventListener('error', () => reject(reader.error ?? new Error('The picture cannot be read.')));
    reader.readAsDataURL(blob);
  });
}
