package gputae.bench;

/**
 * A device computed something else than the reference: there is nothing to time. One line says what; where in this
 * program does not matter.
 */
public final class WrongAnswerException extends RuntimeException {

  public WrongAnswerException(String message) {
    super(message, null, false, false);
  }
}
