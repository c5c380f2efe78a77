/** Saves what the page shows as files, each with where it comes from; nothing leaves this machine. */

import type { Backend, Description, Provenance } from '../backend/backend';

/** What the methods line of a file is made of. */
export interface Origin {
  about: Description;
  provenance: Provenance;
  /** `2026-11-27`, on the clock of the reader. */
  date: string;
}

export type Make = (origin: Origin) => Blob | Promise<Blob>;

export class Saving {
  /** Name of the file that was saved last. */
  last = $state('');
  #backend: Backend;
  #about: Description;
  #now: () => Date;
  #provenance: Promise<Provenance> | null = null;

  constructor(backend: Backend, about: Description, now = () => new Date()) {
    this.#backend = backend;
    this.#about = about;
    this.#now = now;
  }

  /** @throws BackendError where the server does not say; it is asked again the next time. */
  async origin(): Promise<Origin> {
    this.#provenance ??= this.#backend.provenance();
    try {
      return { about: this.#about, provenance: await this.#provenance, date: day(this.#now()) };
    } catch (error) {
      this.#provenance = null;
      throw error;
    }
  }

  /** Make one file and hand it to the browser. @throws whatever keeps it from being made. */
  async save(what: string, extension: string, make: Make): Promise<void> {
    const blob = await make(await this.origin());
    const name = fileName(this.#about.run, what, extension);
    hand(blob, name);
    this.last = name;
  }
}

/** `latentspace_b1e1ef08_map_ecg.png` */
export function fileName(run: string, what: string, extension: string): string {
  const plain = (words: string) =>
    words
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_|_$/g, '');
  return `latentspace_${plain(run)}_${plain(what)}.${extension}`;
}

function day(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The browser reads the blob after the click. */
const READ_MS = 60_000;

function hand(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), READ_MS);
}
