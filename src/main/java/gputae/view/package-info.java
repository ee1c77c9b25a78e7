/**
 * The interface between the command line and the view of the latent space. The view itself is found as a service, since
 * nothing else may depend on it.
 */
package gputae.view;
