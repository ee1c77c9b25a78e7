#version 330 core
// Straight lines with a width in pixels: one instance a line, four corners around it.
layout(location = 0) in vec3 from;
layout(location = 1) in vec3 to;
layout(location = 2) in vec4 colour;

uniform mat4 view;
uniform vec2 viewport; // pixels
uniform float width;   // pixels

out vec4 shade;
out float across;      // pixels from the middle of the line

void main() {
  vec4 a = view * vec4(from, 1.0);
  vec4 b = view * vec4(to, 1.0);
  vec2 along = (b.xy / b.w - a.xy / a.w) * viewport;
  float size = length(along);
  along = size > 1e-4 ? along / size : vec2(1.0, 0.0);
  vec2 normal = vec2(-along.y, along.x);
  float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
  vec4 end = (gl_VertexID & 2) == 0 ? a : b;
  float cap = (gl_VertexID & 2) == 0 ? -1.0 : 1.0;
  float reach = 0.5 * width + 1.0;
  // Half the width longer at both ends, so that lines that meet leave no gap.
  vec2 shift = normal * side * reach + along * cap * 0.5 * width;
  gl_Position = vec4(end.xy + shift * 2.0 / viewport * end.w, end.zw);
  across = side * reach;
  shade = colour;
}
