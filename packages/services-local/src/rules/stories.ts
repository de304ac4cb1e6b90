/** Stories of about a minute, long enough to be interrupted. @internal */
export const stories: readonly string[] = [
  `Once upon a time, a lighthouse keeper named Ada lived on a small rock in the northern sea. Every evening she climbed two hundred steps and lit
  the great lamp. One night a thick fog came in, and the lamp could not be seen from any ship. Ada thought for a while, and then she took her old
  trumpet from the wall. All night long she played every song she knew, one after the other. In the morning the fog lifted, and seven ships lay
  safely in the bay. Their captains rowed over to thank her, and each of them brought a new song. Since then, on foggy nights, the whole coast
  listens for the trumpet of Ada.`,
  `There was once a clockmaker whose clocks were always three minutes late. People laughed about it, but nobody wanted another clockmaker. One day
  the mayor asked him why he did not set the clocks right. The old man smiled and opened the window. Look, he said, in this town everybody is in a
  hurry. With my clocks, everybody has three more minutes. The mayor laughed, went home, and drank his tea slowly for the first time in years. And
  from that day on, even the clock on the town hall was three minutes late.`,
  `A little fox wanted to see the place where the sun goes at night. So one evening it ran to the west, over the hill, across the river, and through
  the dark forest. Each time it reached the place, the sun had already gone a little further. At last the fox grew tired and lay down on warm sand
  beside the sea. When it woke up, it was bright, and the sun stood right behind it. Now the fox understood. The sun had only gone around to surprise
  it. And so it walked home, slowly, with the sun on its back.`,
].map((story) => story.replace(/\s+/g, ' '))

/** @internal */
export const jokes: readonly string[] = [
  'Why did the scarecrow win a prize? Because it was outstanding in its field.',
  'I told my computer that I needed a break. Now it will not stop sending me vacation pictures.',
  'What do you call a bear without teeth? A gummy bear.',
  'Why do bicycles fall over? Because they are two tired.',
  'What did the ocean say to the beach? Nothing, it just waved.',
]

/** @internal */
export const facts: readonly string[] = [
  'Honey never spoils. Jars of it that are thousands of years old could still be eaten.',
  'An octopus has three hearts, and its blood is blue.',
  'A day on Venus is longer than its year.',
  'Bananas are berries, but strawberries are not.',
]
