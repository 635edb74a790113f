"""Drawn faces for the demo's staff: nobody's photo, and told apart at a glance."""

from io import BytesIO

from PIL import Image, ImageDraw

GROUNDS = ("#cfe8d5", "#d5e3f5", "#f6e3c8", "#eadcf3", "#f5d9d9", "#dbeef0", "#efe9cf", "#e2e2e2")
HAIRS = ("#2b2320", "#4a3426", "#6e6a66", "#1f1f24")
CLOTHES = ("#2f6f8f", "#7a4a3a", "#3f7f4f", "#6a4f8f", "#a0563c")


def drawn_face(number: int) -> bytes:
    """A smiling face; the number chooses ground, hair and clothes."""
    ground, hair, clothes = (colors[number % len(colors)] for colors in (GROUNDS, HAIRS, CLOTHES))
    image = Image.new("RGB", (800, 800), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((120, 620, 680, 1200), fill=clothes)
    draw.rectangle((350, 540, 450, 680), fill="#e8b890")
    long_hair = number % 2
    draw.ellipse((200, 110, 600, 560 + 160 * long_hair), fill=hair)
    draw.ellipse((235, 190, 565, 610), fill="#f2c9a1")
    draw.pieslice((225, 140, 575, 470), 180, 360, fill=hair)
    for left in (305, 455):
        draw.ellipse((left, 370, left + 40, 410), fill="#222222")
        if number % 3 == 0:
            draw.ellipse((left - 30, 340, left + 70, 440), outline="#222222", width=8)
    draw.arc((320, 410, 480, 540), 20, 160, fill="#8a3b32", width=12)
    data = BytesIO()
    image.save(data, "JPEG", quality=90)
    return data.getvalue()
