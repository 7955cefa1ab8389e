/** Takes server-sent events out of a response, piece by piece as they come. */
export class EventReader {
  private rest = '';

  constructor(private readonly take: (event: string, data: string) => void) {}

  push(text: string): void {
    this.rest += text;
    let start = 0;
    for (let end = this.rest.indexOf('\n\n'); end >= 0; end = this.rest.indexOf('\n\n', start)) {
      this.read(this.rest.slice(start, end));
      start = end + 2;
    }
    if (start > 0) this.rest = this.rest.slice(start);
  }

  private read(block: string): void {
    let event = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      if (line.startsWith('data:')) data.push(line.slice(line.charAt(5) === ' ' ? 6 : 5));
      else if (line.startsWith('event:')) event = line.slice(6).trim();
    }
    if (data.length > 0) this.take(event, data.join('\n'));
  }
}
