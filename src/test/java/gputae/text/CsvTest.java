package gputae.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cells as in RFC 4180, and none that a spreadsheet would execute. */
class CsvTest {

  private static String row(String... cells) {
    Csv csv = new Csv();
    csv.row(List.of(cells));
    return csv.toString();
  }

  @Test
  void separatorsQuotesAndLineEndsAreQuoted() {
    assertEquals("a,\"b,c\",\"d\"\"e\",\"f\ng\",\" h\",\n", row("a", "b,c", "d\"e", "f\ng", " h", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"=cmd()", "+1+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "\uff1d1", "-", "--1", "-1e5x"})
  void aFormulaBecomesText(String formula) {
    assertEquals("'" + formula, row(formula).strip().replaceAll("^\"|\"$", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "+0.5", "-1.5E-7", "-Infinity", "1e5", "a=b", "mnist-tae-d2", "64,64", "x@y"})
  void numbersAndOtherTextStayAsTheyAre(String cell) {
    assertEquals(cell, row(cell).strip().replaceAll("^\"|\"$", ""));
  }

  @Test
  void theFormulaIsQuotedWithAllElse() {
    assertEquals("\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",2\n", row("=HYPERLINK(\"http://x\",\"y\")", "2"));
  }
}
