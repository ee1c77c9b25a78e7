package gputae.report;

/**
 * A feature of vectors in a report, in the unit of the data.
 *
 * @param name               its name
 * @param mean               mean of the test vectors
 * @param deviation          standard deviation of the test vectors, the root of the mean squared deviation
 * @param generatedMean      mean of generated vectors
 * @param generatedDeviation standard deviation of generated vectors
 * @param error              root mean squared error of the test vectors' reconstructions
 */
public record FeatureRow(String name, double mean, double deviation, double generatedMean, double generatedDeviation,
    double error) {}
