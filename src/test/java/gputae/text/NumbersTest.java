package gputae.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class NumbersTest {

  @Test
  void fourDigits() {
    assertEquals("0.1912", Numbers.fourDigits(0.19123));
    assertEquals("1.000", Numbers.fourDigits(0.99996));
    assertEquals("9.812", Numbers.fourDigits(9.8123));
    assertEquals("10.00", Numbers.fourDigits(9.9996));
    assertEquals("1234", Numbers.fourDigits(1234.4));
    assertEquals("0.005791", Numbers.fourDigits(0.0057912));
    assertEquals("1.2e-05", Numbers.fourDigits(1.2e-5));
    assertEquals("-0.1912", Numbers.fourDigits(-0.1912));
    assertEquals("0.0000", Numbers.fourDigits(0));
    assertEquals("NaN", Numbers.fourDigits(Double.NaN));
    assertEquals("-inf", Numbers.fourDigits(Double.NEGATIVE_INFINITY));
    assertEquals("3.0e+38", Numbers.fourDigits(3e38));
  }

  @Test
  void threeDigits() {
    assertEquals("1.42", Numbers.threeDigits(1.4199));
    assertEquals("12.3", Numbers.threeDigits(12.34));
    assertEquals("123", Numbers.threeDigits(123.4));
    assertEquals("0.421", Numbers.threeDigits(0.4211));
    assertEquals("10.0", Numbers.threeDigits(9.996));
    assertEquals("NaN", Numbers.threeDigits(Double.NaN));
  }

  @Test
  void durationsAndRates() {
    assertEquals("0:00", Numbers.duration(0.2));
    assertEquals("0:21", Numbers.duration(21.4));
    assertEquals("1:00", Numbers.duration(59.6));
    assertEquals("59:59", Numbers.duration(3599.4));
    assertEquals("1:00:00", Numbers.duration(3599.6));
    assertEquals("27:46:40", Numbers.duration(100_000));
    assertEquals("?", Numbers.duration(Double.NaN));
    assertEquals("2431", Numbers.rate(2431.4));
    assertEquals("12.3", Numbers.rate(12.34));
    assertEquals("0.42", Numbers.rate(0.4211));
    assertEquals("?", Numbers.rate(Double.NaN));
  }

  @Test
  void theLocaleDoesNotMatter() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      assertEquals("0.1912", Numbers.fourDigits(0.1912));
      assertEquals("1.42", Numbers.threeDigits(1.42));
    } finally {
      Locale.setDefault(before);
    }
  }
}
