package gputae.backend;

/**
 * The parameters and statistics of a batch normalisation of c columns (Ioffe, Szegedy 2015), as PyTorch's BatchNorm1d
 * has them: eps 1e-5, momentum 0.1.
 *
 * @param scale           (1, c), PyTorch's weight
 * @param shift           (1, c), PyTorch's bias
 * @param runningMean     (1, c)
 * @param runningVariance (1, c), of unbiased variances
 * @param count           (1, 2), the number of batches in {@link Backend#batchNorm} so far, as low + 2^24 high
 * @param batch           (2, c), mean and 1 / sqrt(variance + eps) of the last batch; null if there is no training
 * @param scaleGradient   (1, c); null if there is no backward pass
 * @param shiftGradient   (1, c); null if there is no backward pass
 */
public record BatchNorm(Matrix scale, Matrix shift, Matrix runningMean, Matrix runningVariance, Matrix count,
    Matrix batch, Matrix scaleGradient, Matrix shiftGradient) {}
