"""Numbers become SVG text.

Every chart is a pure function: values in, the text of one SVG out. It is drawn for a width
and never scaled, uses classes of the stylesheet and no style of its own, carries its sentence
for screen readers, and escapes every text.
"""
