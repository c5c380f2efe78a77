"""Which words of a free text may be shown: those of cardiac imaging, for a description may hold a name."""

import re

HIDDEN = "…"
WORDS = """
ch cv chv two three four five chamber chambers chamb view views hla vla lax sax la sa lvot rvot long short axis
horizontal vertical axial coronal sagittal transverse oblique basal base mid apical apex cine cines cardiac heart left
right ventricle atrium lv rv aorta aortic ao arch valve mitral tricuspid pulmonary ascending descending outflow tract
septum segmented seg retro retrospective prospective gated ungated triggered realtime time rt bh fb free breath
breathing hold trufi truefisp tfi fisp flash ssfp bssfp fiesta balanced btfe ffe tfe gre epi tse haste dixon spgr
sequence star map mapping molli shmolli stir psir ir lge gad delayed enhancement early late mag phase real perf
perfusion rest stress flow velocity venc tag tagging tagged strain dense localizer localiser loc scout survey overview
planning calibration mri mr cmr ecg fast high low res resolution iso sense grappa ipat slice slices stack frame frames
phases series image images ms mm sl repeat rpt pre post contrast and of the with without c d t p
"""
SAFE = frozenset(WORDS.split())
SHORT = re.compile(r"[1-5]|[a-z]+\d{1,2}|\d{1,2}[a-z]+")


def spoken(text: str) -> str:
    """A description in small letters, `…` for every word that is not one of imaging; `""` where none is.

    Long numbers are hidden as names are: they may be dates or ids.
    """
    words = [word if _safe(word) else HIDDEN for word in re.sub(r"[\W_]+", " ", text.lower()).split()]
    shown = " ".join(word for i, word in enumerate(words) if word != HIDDEN or i == 0 or words[i - 1] != HIDDEN)
    return "" if set(words) <= {HIDDEN} else shown


def _safe(word: str) -> bool:
    """A word of the list, a small number, or such a word with a number (`sl3`)."""
    return word in SAFE or bool(SHORT.fullmatch(word) and (word.isdigit() or word.strip("0123456789") in SAFE))
