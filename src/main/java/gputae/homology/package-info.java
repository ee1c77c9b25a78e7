/**
 * 0-dimensional persistent homology of a point cloud: spanning trees and death times, in the precision of the data.
 */
package gputae.homology;
