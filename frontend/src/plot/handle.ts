/** What every plot gives back: told what changed, told that its host was resized, told to go. */

export interface Handle<D> {
  /** Takes what changed; the picture follows with the next frame. */
  set(data: Partial<D>): void;
  /** The host has another size or the screen another density. */
  resize(): void;
  /** Removes all that was put into the host. */
  destroy(): void;
}

/** A drag is followed while it moves and told once when it ends. */
export type Phase = 'move' | 'end';

/** Where the numbers of a drawing come from: measured, drawn by the model, measured and only compared with, or the
 *  bounds within which the model expects what is measured. */
export type Role = 'recorded' | 'now' | 'truth' | 'low' | 'high';
