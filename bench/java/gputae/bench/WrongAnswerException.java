package gputae.bench;

/**
 * A device computed another result than the reference, so there is nothing to time. The message is one line that says
 * what is wrong. There is no stack trace, since the place in this program does not matter.
 */
public final class WrongAnswerException extends RuntimeException {

  public WrongAnswerException(String message) {
    super(message, null, false, false);
  }
}
