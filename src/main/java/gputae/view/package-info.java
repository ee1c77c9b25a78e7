/** What the command line asks of a view of the latent space, and a view of the command line; the view itself is found as a service, since nothing else may depend on it. */
package gputae.view;
