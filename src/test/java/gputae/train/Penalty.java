package gputae.train;

import gputae.backend.BallPenalty;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Objective;
import gputae.objective.Term;
import gputae.objective.TermKind;
import java.util.Map;

/** The settings of the paper's two latent terms, for models that have both, one or none of them. */
public record Penalty(double ballWeight, BallPenalty penalty, double deathWeight, double degree, double maxEdge) {

  /** The terms that the model has, with these settings. */
  public Objective of(ModelKind model) {
    return Objective.of(model.terms().stream().map(this::term).toList());
  }

  private Term term(TermKind<?> kind) {
    if (kind.equals(Ball.KIND)) {
      return new Ball(ballWeight, penalty);
    }
    return kind.equals(Deaths.KIND) ? new Deaths(deathWeight, degree, maxEdge) : kind.of(new TermKind.Values(Map.of()));
  }
}
