import { EventReader } from './stream.ts';

/** Something that was said. */
export interface Turn {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** How an answer is made; null is as the model has it. */
export interface Wishes {
  system: string;
  temperature: number | null;
  seed: number | null;
  most: number | null;
}

/** What an answer cost, text tokens. */
export interface Usage {
  prompt: number;
  cached: number;
  written: number;
}

/** A request for the next answer, as /v1/chat/completions wants it. */
export function requestOf(model: string, turns: readonly Turn[], { system, temperature, seed, most }: Wishes): object {
  return {
    model,
    messages: system.trim() === '' ? turns : [{ role: 'system', content: system }, ...turns],
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature === null ? {} : { temperature }),
    ...(seed === null ? {} : { seed }),
    ...(most === null ? {} : { max_tokens: most }),
  };
}

/** Reads a streamed answer, piece by piece as it comes. */
export class AnswerReader {
  /** Why it ended: 'stop', 'length', …; null while it has not. */
  finish: string | null = null;
  usage: Usage | null = null;
  /** Why it broke off, one line. */
  fault: string | null = null;
  /** Whether the stream came to its end. */
  isWhole = false;

  private readonly events: EventReader;

  constructor(onText: (text: string) => void) {
    this.events = new EventReader((_, data) => this.take(data, onText));
  }

  push(text: string): void {
    this.events.push(text);
  }

  private take(data: string, onText: (text: string) => void): void {
    if (data === '[DONE]') {
      this.isWhole = true;
      return;
    }
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error !== undefined) this.fault = chunk.error.message ?? 'The answer broke off.';
    const choice = chunk.choices?.[0];
    if (choice?.finish_reason) this.finish = choice.finish_reason;
    if (chunk.usage) {
      const { prompt_tokens: prompt, completion_tokens: written, prompt_tokens_details: details } = chunk.usage;
      this.usage = { prompt, written, cached: details?.cached_tokens ?? 0 };
    }
    const text = choice?.delta?.content;
    if (text) onText(text);
  }
}

interface Chunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: { prompt_tokens: number; completion_tokens: number; prompt_tokens_details?: { cached_tokens?: number } } | null;
  error?: { message?: string };
}
