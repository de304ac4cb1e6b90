const words = (list: string): ReadonlySet<string> => new Set(list.split(' '))

/** Titles: spelled like this they belong to the name that follows. */
export const TITLES: ReadonlySet<string> = words(
  'Mr Mrs Ms Mx Dr Prof Rev Hon Gen Col Capt Cmdr Lt Sgt Maj Sen Rep Gov Pres St Ste Mt Ft Fr Sr Sra Dra Mme Mlle Hr',
)

/** Abbreviations in the middle of a sentence, in lower case. */
export const INNER_ABBREVIATIONS: ReadonlySet<string> = words('vs cf e.g i.e viz approx z.b d.h u.a bzw ggf')

/** Abbreviations before a number, in lower case. */
export const NUMBER_ABBREVIATIONS: ReadonlySet<string> = words(
  'no nos fig figs p pp ch vol vols sec art para eq ext tel ca v jan feb mar apr jun jul aug sep sept oct nov dec',
)

/** Abbreviations that end a sentence only when a capital follows, in lower case. */
export const TRAILING_ABBREVIATIONS: ReadonlySet<string> = words(
  'etc inc ltd co corp bros jr a.m p.m ph.d min max avg dept est al ave blvd mon tue tues wed thu thurs fri sat sun',
)
