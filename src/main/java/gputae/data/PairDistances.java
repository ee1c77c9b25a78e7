package gputae.data;

/** Distances of all or some pairs of points. The points themselves are not given. */
public sealed interface PairDistances permits DistanceMatrix, SparseDistances {

  /** Number of points, at least 1. */
  int points();
}
