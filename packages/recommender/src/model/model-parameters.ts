/** The neighbourhood of items: W_ij = (Σ d_user^-a · closeness) · d_i^-b · d_j^-c over the listeners who have both, to the power p. */
export interface ItemNeighbourParameters {
  /** a: how much less a listener with many items says about two of them. */
  readonly userDegreeExponent: number;
  /** b: how much less a popular item of the listener says. */
  readonly sourceDegreeExponent: number;
  /** c: how much a popular candidate is held back. */
  readonly targetDegreeExponent: number;
  /** p: applied to a kept weight. */
  readonly power: number;
  /** How many neighbours of an item are kept. */
  readonly neighbourLimit: number;
  /** Closeness of two plays is (distance + 1)^-closenessExponent; 0 takes no notice of order. */
  readonly closenessExponent: number;
  /** Closeness is multiplied by this when the candidate was heard before the item; 1 takes no notice of order. */
  readonly backwardRatio: number;
}

/** The neighbourhood of listeners, which needs no fitting. */
export interface UserNeighbourParameters {
  /** How much less a popular item in common says. */
  readonly itemDegreeExponent: number;
  /** How much less a listener with many items counts as a neighbour. */
  readonly neighbourDegreeExponent: number;
  readonly neighbourLimit: number;
  /** How much a popular candidate is held back. */
  readonly targetDegreeExponent: number;
  /** What a neighbour heard (distance + 1) plays from what both heard counts distance^-closenessExponent; 0 takes no notice of order. */
  readonly closenessExponent: number;
  readonly weight: number;
}

/** A band of the spectrum of the normalised item graph: what is finer than popularity and coarser than pairs. */
export interface SpectralBandParameters {
  /** The first eigenvector used, counted from 0. */
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
  readonly targetDegreeExponent: number;
  readonly weight: number;
}

/** Factors of items by alternating least squares on implicit feedback. */
export interface FactorParameters {
  readonly dimensions: number;
  readonly regularization: number;
  /** The weight of what was not heard, beside 1 for what was. */
  readonly unobservedWeight: number;
  readonly epochs: number;
  readonly weight: number;
}

/** Everything that shapes a model. Choose on the tail of histories, never on a random sample. */
export interface ModelParameters {
  readonly items: ItemNeighbourParameters;
  readonly users: UserNeighbourParameters;
  /** Absent: no band. */
  readonly band?: SpectralBandParameters | undefined;
  /** Absent: no factors. */
  readonly factors?: FactorParameters | undefined;
  /** The n-th latest item of a listener counts n^-recencyExponent; 0 takes no notice of order. */
  readonly recencyExponent: number;
  /** How many candidates each neighbourhood puts forward. */
  readonly candidateLimit: number;
}

/** For music, where the order of plays is known: neighbourhoods of items and of listeners, both with recency and closeness. */
export const defaultModelParameters: ModelParameters = {
  items: {
    userDegreeExponent: 1,
    sourceDegreeExponent: 0.65,
    targetDegreeExponent: 0.15,
    power: 1,
    neighbourLimit: 300,
    closenessExponent: 0.25,
    backwardRatio: 0.8,
  },
  users: {
    itemDegreeExponent: 0.5,
    neighbourDegreeExponent: 0.65,
    neighbourLimit: 300,
    targetDegreeExponent: 0.2,
    closenessExponent: 0.3,
    weight: 1.5,
  },
  recencyExponent: 0.6,
  candidateLimit: 150,
};
