package gputae.study;

import java.util.List;

/** All studies. */
public final class Studies {

  /** In the order of the help. */
  public static final List<Study> ALL = List.of(new DegreeStudy(), new ClassesStudy(), new LandscapesStudy(),
      new SignatureStudy(), new DimensionStudy());

  private Studies() {}
}
