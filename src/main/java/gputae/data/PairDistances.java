package gputae.data;

/** Distances between points that are not given themselves: of all pairs, or of some. */
public sealed interface PairDistances permits DistanceMatrix, SparseDistances {

  /** Number of points, at least 1. */
  int points();
}
