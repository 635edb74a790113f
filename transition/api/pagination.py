from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """Pages that neither skip nor repeat a row while others write; `page_size` up to 100."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = "pk"
    cursor_query_description = "前の答えの next か previous に入っている続きの印です。"
    page_size_query_description = "1回に返す件数です（100まで）。"
    invalid_cursor_message = "続きの印が正しくありません。"
