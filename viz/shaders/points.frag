#version 330 core
// A disc with a soft edge of one pixel, and a ring around it where one is wanted.
in vec3 shade;
in float size;

uniform float alpha;
uniform float ring;     // pixels
uniform vec3 ringColour;

out vec4 pixel;

void main() {
  float radius = 0.5 * size;
  float distance = length(gl_PointCoord - 0.5) * (size + 2.0);
  float cover = clamp(radius - distance + 0.5, 0.0, 1.0);
  float inner = ring > 0.0 ? clamp(radius - ring - distance + 0.5, 0.0, 1.0) : 1.0;
  pixel = vec4(mix(ringColour, shade, inner), alpha * cover);
  if (pixel.a <= 0.0) {
    discard;
  }
}
