<?php

declare(strict_types=1);

namespace Notes;

use Highper\Http\Response;

/** Pages made on the server: one note, to read, share and print, without any script. */
final readonly class Page
{
    public function note(Note $note): Response
    {
        $title = self::escape($note->title);
        $body = nl2br(self::escape($note->body), false);
        $changed = self::escape(substr($note->updatedAt, 0, 10));

        return Response::html(<<<HTML
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <meta name="color-scheme" content="light dark">
              <title>{$title}</title>
              <link rel="icon" href="/icon.svg" type="image/svg+xml">
              <link rel="stylesheet" href="/notes.css">
            </head>
            <body class="reading">
              <main>
                <p><a href="/">All notes</a></p>
                <article>
                  <h1>{$title}</h1>
                  <p class="when">Changed <time datetime="{$note->updatedAt}">{$changed}</time></p>
                  <p>{$body}</p>
                </article>
              </main>
            </body>
            </html>
            HTML)->withHeader('Content-Security-Policy', "default-src 'none'; style-src 'self'; img-src 'self'");
    }

    private static function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
    }
}
