package gputae.data;

/**
 * The ways to write the ten digits. Each digit has some variants with a weight; a variant is a list of strokes; a
 * stroke is the list of points that a smooth curve passes through, x to the right, y down, the digit about 1 high. A
 * point given twice is a corner.
 */
final class Glyphs {

  /**
   * One way to write a digit.
   *
   * @param weight  how often it is chosen, relative to the other variants of the digit
   * @param strokes [stroke][2 x points]: x0, y0, x1, y1, ...
   */
  record Variant(double weight, double[][] strokes) {}

  private Glyphs() {}

  /** The variants of {@code digit}, 0..9. */
  static Variant[] of(int digit) {
    return GLYPHS[digit];
  }

  private static Variant written(double weight, double[]... strokes) {
    return new Variant(weight, strokes);
  }

  private static double[] stroke(double... points) {
    return points;
  }

  private static final Variant[][] GLYPHS = {
    {
      // 0: an oval closed at the top; an oval whose end crosses into its beginning; a rounder one
      written(4,
          stroke(.50, .05, .30, .00, .10, .20, .00, .54, .08, .87, .32, 1.0, .56, .85, .68, .48, .60, .15, .40, .01,
              .26, .03)),
      written(3,
          stroke(.34, .05, .12, .22, .00, .55, .12, .90, .36, 1.0, .60, .78, .67, .40, .54, .08, .32, .00, .20, .12)),
      written(3,
          stroke(.62, .16, .40, .00, .14, .10, .00, .44, .08, .80, .36, 1.0, .68, .86, .80, .48, .66, .14, .50, .04)),
    },
    {
      // 1: a bar; a slightly bent bar; with a flag; with flag and base
      written(5, stroke(.10, .00, .10, .50, .10, 1.0)),
      written(2, stroke(.14, .00, .09, .32, .10, .66, .06, 1.0)),
      written(2, stroke(.00, .20, .14, .12, .26, .00, .26, .00, .26, .50, .25, 1.0)),
      written(.7, stroke(.04, .22, .18, .12, .30, .00, .30, .00, .30, .50, .29, .98),
          stroke(.02, 1.0, .30, .98, .58, .99)),
    },
    {
      // 2: with a corner at the foot; with a loop there; wide, with a long wavy foot; flat, like a Z
      written(4,
          stroke(.03, .22, .14, .05, .36, .00, .56, .11, .56, .32, .40, .58, .20, .80, .00, .97, .00, .97, .22, .93,
              .46, .96, .68, .96)),
      written(4,
          stroke(.05, .20, .20, .03, .42, .02, .54, .18, .48, .46, .32, .72, .14, .93, .02, .96, -.03, .86, .08, .77,
              .26, .84, .46, .97, .72, .94)),
      written(2,
          stroke(.00, .30, .12, .08, .36, .00, .58, .10, .60, .34, .44, .62, .20, .88, .04, .95, .08, .84, .30, .86,
              .54, .96, .80, .88)),
      written(2,
          stroke(.00, .09, .20, .02, .46, .01, .54, .12, .40, .40, .20, .70, .00, .97, .00, .97, .26, .93, .64, .91)),
    },
    {
      // 3: two bows meeting in a point; the same with a small loop between; a flat top; a big lower bow
      written(4,
          stroke(.03, .13, .20, .01, .43, .04, .52, .20, .40, .38, .19, .46, .19, .46, .43, .50, .57, .68, .50, .90,
              .26, 1.0, .00, .91)),
      written(3,
          stroke(.04, .10, .24, .00, .46, .06, .50, .24, .34, .42, .18, .47, .17, .42, .30, .42, .52, .55, .56, .78,
              .38, .97, .14, 1.0, .00, .88)),
      written(2,
          stroke(.02, .06, .26, .03, .54, .02, .54, .02, .38, .20, .22, .40, .22, .40, .44, .46, .56, .66, .48, .90,
              .24, 1.0, .00, .93)),
      written(2,
          stroke(.06, .15, .22, .00, .44, .05, .46, .22, .24, .40, .24, .40, .50, .44, .62, .62, .54, .86, .30, 1.0,
              .02, .94, -.02, .82)),
    },
    {
      // 4: open, angular; open, rounded, the stem begun beside; closed; in one go like a y
      written(4, stroke(.12, .02, .07, .26, .00, .52, .00, .52, .24, .53, .62, .50),
          stroke(.56, .00, .51, .48, .46, 1.0)),
      written(3, stroke(.10, .06, .02, .30, .06, .50, .28, .52, .52, .42),
          stroke(.60, .00, .54, .36, .50, .68, .46, 1.0)),
      written(2.5, stroke(.44, .00, .24, .30, .00, .60, .00, .60, .32, .61, .68, .59),
          stroke(.44, .00, .43, .48, .41, 1.0)),
      written(2.5,
          stroke(.06, .08, .00, .34, .10, .52, .32, .46, .52, .22, .60, .04, .60, .04, .54, .40, .47, .70, .42, 1.0)),
    },
    {
      // 5: hat last; in one go; leaning with a small belly
      written(3,
          stroke(.14, .03, .10, .22, .06, .42, .06, .42, .28, .37, .50, .48, .56, .70, .42, .92, .20, 1.0, .00, .93),
          stroke(.14, .03, .38, .03, .64, .00)),
      written(4,
          stroke(.66, .02, .42, .03, .20, .06, .20, .06, .15, .24, .11, .41, .11, .41, .32, .40, .50, .52, .54, .74,
              .38, .95, .16, 1.0, .00, .92)),
      written(2,
          stroke(.72, .00, .50, .05, .28, .08, .17, .24, .18, .42, .36, .54, .44, .74, .32, .94, .12, 1.0, -.04, .94)),
    },
    {
      // 6: a bowed stem into a round belly; a straight stem; a wide one, belly nearly open
      written(4,
          stroke(.46, .00, .24, .16, .06, .44, .00, .74, .14, .98, .38, .97, .52, .78, .44, .58, .24, .58, .08, .74,
              .04, .84)),
      written(3,
          stroke(.24, .00, .12, .26, .02, .54, .02, .84, .18, 1.0, .40, .92, .48, .72, .34, .58, .16, .66, .06, .80)),
      written(2,
          stroke(.56, .02, .34, .08, .12, .32, .00, .64, .08, .92, .32, 1.0, .56, .86, .54, .66, .34, .60, .16, .70,
              .10, .80)),
    },
    {
      // 7: plain; with a cross stroke; with a hooked start; a bent stem
      written(5, stroke(.00, .09, .26, .05, .60, .03, .60, .03, .46, .34, .34, .66, .24, 1.0)),
      written(1.5, stroke(.00, .08, .28, .04, .62, .02, .62, .02, .46, .36, .36, .68, .28, 1.0),
          stroke(.16, .52, .40, .49, .64, .47)),
      written(2, stroke(.02, .24, .05, .08, .05, .08, .30, .06, .60, .02, .60, .02, .48, .30, .36, .64, .28, 1.0)),
      written(2, stroke(.00, .12, .20, .02, .44, .04, .56, .10, .50, .34, .38, .64, .32, 1.0)),
    },
    {
      // 8: an S closed by going up again; begun in the middle; two bellies, the lower one larger
      written(4, stroke(.54, .12, .34, .00, .12, .08, .10, .28, .30, .46,
          .48, .66, .44, .90, .22, 1.0, .03, .88, .08, .68, .30, .46, .50, .28, .54, .12, .44, .03)),
      written(3,
          stroke(.30, .46, .12, .30, .10, .10, .30, .00, .50, .10, .48, .30, .28, .47, .06, .66, .02, .88, .22, 1.0,
              .44, .90, .48, .68, .32, .48)),
      written(2,
          stroke(.60, .06, .38, .00, .16, .12, .18, .32, .40, .48, .54, .70, .42, .94, .18, .99, .00, .84, .10, .64,
              .34, .46, .56, .24, .62, .04)),
    },
    {
      // 9: a closed head and a straight stem; the same in one bow; a hooked tail; an open head
      written(4,
          stroke(.50, .14, .32, .01, .10, .10, .00, .32, .12, .48, .34, .42, .50, .18, .50, .18, .48, .50, .42, 1.0)),
      written(3,
          stroke(.48, .12, .28, .00, .08, .12, .02, .34, .16, .47, .38, .38, .50, .14, .48, .42, .38, .72, .24, 1.0)),
      written(2,
          stroke(.54, .16, .34, .01, .12, .10, .02, .32, .16, .48, .40, .42, .54, .18, .54, .18, .56, .50, .46, .84,
              .24, 1.0, .04, .92)),
      written(1.5,
          stroke(.46, .05, .22, .05, .04, .22, .06, .44, .26, .46, .46, .30, .54, .08, .54, .08, .48, .50, .44, 1.0)),
    },
  };
}
