/** Words that a cardiologist need not know, each in two sentences; the page explains them where they stand. */

export const GLOSSARY = {
  'Latent space':
    'The model describes each recording by a few dozen numbers; the space of those numbers is its latent space. Two recordings are near in it when the model would draw them alike.',
  'Latent dimension':
    'One of the numbers by which the model describes a recording; its strip shows how it is spread over the cohort. Drag its dot sideways, and every kind of recording is drawn anew from the changed number.',
  'Private latents':
    'Numbers that only one kind of recording informs, and that change only its drawing. All other latents are shared: every kind of recording informs them.',
  't-SNE':
    'A flat map that keeps neighbours together: people near each other have recordings that look alike to the model. Axes and distances between islands carry no meaning.',
  PCA: 'A flat map along the two directions of largest spread. Coarser than t-SNE, but distances keep their meaning.',
  Trustworthiness:
    'How many neighbours on the map are true neighbours in the latent space (1 is best). Continuity says how many true neighbours are still neighbours on the map.',
  Direction:
    'How people with more of a phenotype differ, in all latent dimensions at once; the slider moves what is drawn along that way. It is stable (1 is best) when other people of the cohort give the same way, and whatever goes with the phenotype in this cohort comes along.',
  Reconstruction:
    'The recording is boiled down to its numbers, and the model draws it again from them. What it misses is the squared difference to the recording, as a share of the recording’s own variance.',
  Measured:
    'Read from the signal or the image itself, by the same rules on a recording and on what the model draws. It is no prediction from the latent numbers; where nothing can be read there is a dash, and the reason.',
  Predicted:
    'What a linear rule, learnt from other people’s latent numbers, says of the numbers that are drawn now; ranges of this width hold the truth for nine of ten people. It is an expectation, never a measurement.',
  Translation:
    'One kind of recording goes in, and the model draws the other kind from it alone. What it misses is the squared difference to the true recording, as a share of that recording’s own variance.',
} as const;

export type Word = keyof typeof GLOSSARY;
