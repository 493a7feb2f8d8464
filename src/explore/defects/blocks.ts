/**
 * Blocks of seeds that have none in common: the first seeds of two are so far apart. A block has no more runs than that,
 * so that it never comes to the seeds of the next one, whatever the number of scenarios.
 */
export const SEEDS_OF_A_BLOCK = 100_000;
