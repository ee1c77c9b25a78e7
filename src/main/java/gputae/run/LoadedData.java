package gputae.run;

import gputae.data.Dataset;

/** A data set, opened once for all cells. */
public record LoadedData(Dataset dataset, String fingerprint) {}
