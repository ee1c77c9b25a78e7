package gputae.backend.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One kernel file with one mistake in it.
 *
 * @param file    name of the file under kernels/
 * @param line    number of the line, from 1
 * @param before  the original line
 * @param after   the line with the mistake
 * @param ofOrder whether the mistake concerns the order of accesses to memory
 */
record Mutant(String file, int line, String before, String after, boolean ofOrder) {

  /** A kind of mistake: what is found in a line, and what replaces it. */
  private record Mistake(Pattern found, List<String> instead) {
    Mistake(String found, String... instead) {
      this(Pattern.compile(found), List.of(instead));
    }
  }

  /** A barrier is dropped or orders one warp only; an atomic operation is made of plain steps. */
  private static final List<Mistake> MISTAKES_OF_ORDER =
      List.of(new Mistake("__syncthreads\\(\\);", ";", "__syncwarp();"), new Mistake("__syncwarp\\(\\);", ";"),
          new Mistake("\\batomic(Min|Max|Add|Or)\\(", "plain_atomic$1("));

  private static final List<Mistake> OTHER_MISTAKES = List.of(
      // A comparison is flipped. Operators stand between spaces, brackets of templates do not.
      new Mistake(" < ", " > "),
      new Mistake(" > ", " < "),
      // The edge of a comparison moves. A choice between two values is left out, since these are mostly equal at the
      // edge.
      new Mistake(" < (?![^;]*\\?)", " <= "),
      new Mistake(" > (?![^;]*\\?)", " >= "),
      new Mistake(" <= (?![^;]*\\?)", " < "),
      new Mistake(" >= (?![^;]*\\?)", " > "),
      new Mistake(" == ", " != "),
      new Mistake(" != ", " == "),
      // Off by one.
      new Mistake(" \\+ 1\\b(?!\\.)", " + 2", " + 0"),
      new Mistake(" - 1\\b(?!\\.)", " - 0", " - 2"),
      new Mistake(" = 0;", " = 1;"),
      new Mistake("\\+\\+\\)", " += 2)"),
      // An output is 0, or a term is forgotten.
      new Mistake("(\\] =) [^;{]+;", "$1 0;"),
      new Mistake("(^ +[\\w\\[\\]. ]+) \\+= [^;]+;", "$1 += 0;"),
      // Signs and logic.
      new Mistake(" \\+ (?!1\\b)", " - "),
      new Mistake(" - (?!1\\b)", " + "),
      new Mistake(" && ", " || "),
      new Mistake(" \\|\\| ", " && "),
      new Mistake("(?<=[( ])!(?=[a-z(])", ""),
      new Mistake(" \\* ", " + "),
      // Atomics and fused operations.
      new Mistake("atomicMin", "atomicMax"),
      new Mistake("fmaf\\(([a-z_0-9]+), ", "fmaf(2 * $1, "));

  /** All mutants of the kernels in a folder, in the order of their files and lines. */
  static List<Mutant> of(Path kernels) throws IOException {
    List<Mutant> mutants = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> listed = Files.list(kernels)) {
      files = listed.filter(file -> file.toString().matches(".*\\.(cu|h)")).sorted().toList();
    }
    for (Path file : files) {
      List<String> lines = Files.readAllLines(file);
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        int comment = line.indexOf("//");
        String code = comment < 0 ? line : line.substring(0, comment);
        // Declarations, text for nvcc alone, and the way in which a loop is compiled do not change the results.
        if (code.isBlank() || code.startsWith("#") || code.contains("__launch_bounds__")
            || code.contains("constexpr") || code.contains("__shared__")
            || code.contains("for (int t = 0; t < kNearest")) {
          continue;
        }
        for (Mistake mistake : Stream.concat(MISTAKES_OF_ORDER.stream(), OTHER_MISTAKES.stream()).toList()) {
          Matcher matcher = mistake.found.matcher(code);
          while (matcher.find()) {
            for (String instead : mistake.instead) {
              StringBuilder changed = new StringBuilder();
              // Only this occurrence is replaced.
              changed.append(code, 0, matcher.start());
              // The text before and after a match decides whether it is a match, so it is replaced within its line.
              Matcher here = mistake.found.matcher(code);
              here.find(matcher.start());
              StringBuilder upToHere = new StringBuilder();
              here.appendReplacement(upToHere, instead);
              changed.append(upToHere, matcher.start(), upToHere.length());
              changed.append(code.substring(matcher.end()));
              if (!changed.toString().equals(code)) {
                mutants.add(new Mutant(file.getFileName().toString(), i + 1, line, changed.toString(),
                    MISTAKES_OF_ORDER.contains(mistake)));
              }
            }
          }
        }
      }
    }
    return mutants;
  }

  /** Copies the kernels with the mistake in them. */
  void write(Path kernels, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(kernels)) {
      for (Path from : files.filter(name -> name.toString().matches(".*\\.(cu|h)")).toList()) {
        Path copy = to.resolve(from.getFileName().toString());
        List<String> lines = new ArrayList<>(Files.readAllLines(from));
        if (from.getFileName().toString().equals(file)) {
          lines.set(line - 1, after);
        }
        Files.write(copy, lines);
      }
    }
  }

  @Override
  public String toString() {
    return file + ":" + line + "  " + before.strip() + "  ->  " + after.strip();
  }
}
