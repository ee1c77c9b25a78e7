#version 330 core
// Points of a cloud between two updates. Position: a mix of where it was and where it is, so that the cloud flows.
layout(location = 0) in vec3 was;
layout(location = 1) in vec3 is;
layout(location = 2) in vec3 colour;

uniform mat4 view;      // to clip coordinates
uniform float mixture;  // 0 as it was, 1 as it is
uniform float diameter; // pixels, at the camera's target
uniform float depth;    // from the camera to its target; 0 where the cloud is seen flat
uniform float reach;    // how far from the target the cloud goes

out vec3 shade;
out float size;

void main() {
  vec3 at = mix(was, is, mixture);
  gl_Position = view * vec4(at, 1.0);
  if (any(isnan(at))) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  }
  size = diameter;
  shade = colour;
  if (depth > 0.0) {
    // Nearer points are larger; farther ones fade towards the background.
    float away = max(gl_Position.w, 0.01 * depth);
    size *= clamp(depth / away, 0.2, 4.0);
    shade = mix(colour, vec3(1.0), clamp(0.42 * (away - depth) / reach + 0.2, 0.0, 0.65));
  }
  gl_PointSize = size + 2.0;
}
