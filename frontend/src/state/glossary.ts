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
  'Second t-SNE':
    'The same people and the same method, started from other places. Islands and neighbours that are on both maps are in the data; what only one shows was chance.',
  'Map reliability':
    'Of a point’s fifteen neighbours on the t-SNE map, the share that are among its fifteen nearest in the latent space. Where it is low, what stands beside a point says little of that person.',
  Agreement:
    'Each kind of recording has its own nearest people; counted are those among a person’s fifty nearest that both kinds name. Where it is low, the recordings tell different stories of this person, or one of them is poor.',
  PCA: 'A flat map along the two directions of largest spread. Coarser than t-SNE, but distances keep their meaning.',
  Trustworthiness:
    'How many neighbours on the map are true neighbours in the latent space (1 is best). Continuity says how many true neighbours are still neighbours on the map, stability how many a t-SNE from another start has too.',
  Direction:
    'How people with more of a phenotype differ, in all latent dimensions at once; the slider moves what is drawn along that way. It is stable (1 is best) when other people of the cohort give the same way, and whatever goes with the phenotype in this cohort comes along.',
  Reconstruction:
    'The recording is boiled down to its numbers, and the model draws it again from them. What it misses is the squared difference to the recording, as a share of the recording’s own variance.',
  Density:
    'How many recorded people lie close to these numbers, as a centile: at the 17th, 17 of 100 recorded people are lonelier. Below the 5th lies outside of the data, and what is drawn there is a guess.',
  Measured:
    'Read from the signal or the image itself, by the same rules on a recording and on what the model draws. It is no prediction from the latent numbers; where nothing can be read there is a dash, and the reason.',
  Predicted:
    'What a linear rule, learnt from other people’s latent numbers, says of the numbers that are drawn now; ranges of this width hold the truth for nine of ten people. It is an expectation, never a measurement.',
  Score:
    'How well a phenotype is predicted of many people, each of them by a linear rule that other people have taught. A prediction is of one person; a score says how far such predictions can be trusted, for everyone and for any group.',
  'Contrastive alignment':
    'While it learns, the model is shown recordings of many people and rewarded where a person’s two recordings lie nearer to each other than to those of anybody else. How often the right person is then among ten guesses says how well that worked.',
  GENERATED:
    'Drawn by the model, with a dashed frame wherever it stands. It is what the model expects of such numbers, and nobody’s recording.',
  Translation:
    'One kind of recording goes in, and the model draws the other kind from it alone. What it misses is the squared difference to the true recording, as a share of that recording’s own variance.',
  Uncertainty:
    'The same translation is drawn sixteen times, for one kind of recording leaves much of the other open; to their spread comes what the model misses even of recordings that it has seen. A 90 % band should hold nine of ten recorded values, and the line below says whether it did among people whom the model never saw.',
} as const;

export type Word = keyof typeof GLOSSARY;
