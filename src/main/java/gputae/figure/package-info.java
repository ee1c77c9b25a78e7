/**
 * Pictures drawn with AWT: latent spaces, losses, grids of images, and the colours that all pages and the window share.
 */
package gputae.figure;
