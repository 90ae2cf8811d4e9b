<?php

declare(strict_types=1);

// Microseconds for a page of 20 rows: by our templates, and by Twig's compiled ones. Usage: php view.php COUNT

use Highper\Application;

const TWIG = '/usr/share/php/Twig/autoload.php';
putenv('APP_ENV=production');
$count = max(1, (int) ($argv[1] ?? 20_000));
$base = sys_get_temp_dir() . '/highper-view-' . getmypid();
mkdir("{$base}/views", recursive: true);
register_shutdown_function(static fn () => exec('rm -rf ' . escapeshellarg($base)));
$layout = "<!doctype html><title>{% block title %}{% endblock %}</title><main>{% block body %}{% endblock %}</main>\n";
$page = "{% extends 'layout.html' %}{% block title %}{{ title }}{% endblock %}{% block body %}<table>{% for note in notes %}"
    . '<tr><td>{{ note.id }}</td><td>{{ note.title }}</td><td>{{ note.body }}</td><td>{% if note.done %}yes{% else %}no{% endif %}</td></tr>'
    . "{% endfor %}</table>{% endblock %}\n";
file_put_contents("{$base}/views/layout.html", $layout);
file_put_contents("{$base}/views/page.html", $page);
$notes = [];
for ($i = 1; $i <= 20; $i++) {
    $notes[] = ['id' => $i, 'title' => "Note {$i} & <more>", 'body' => str_repeat('some words of a note ', 4), 'done' => $i % 2 === 0];
}
$data = ['title' => 'All <notes>', 'notes' => $notes];

/** @param Closure(): string $render */
$measure = static function (Closure $render) use ($count): float {
    for ($i = 0; $i < $count / 10; $i++) {
        $render();
    }
    $best = INF;
    for ($round = 0; $round < 5; $round++) {
        $start = hrtime(true);
        for ($i = 0; $i < $count / 5; $i++) {
            $render();
        }
        $best = min($best, (hrtime(true) - $start) / 1000 / ($count / 5));
    }

    return $best;
};
$view = Application::create($base)->views('views')->make(Highper\View::class);
$figures = ['view' => $measure(static fn () => $view->render('page', $data))];
if (is_file(TWIG)) {
    require TWIG;
    $twig = new Twig\Environment(new Twig\Loader\FilesystemLoader("{$base}/views"), ['cache' => "{$base}/cache", 'auto_reload' => false]);
    if (rtrim(html_entity_decode($twig->render('page.html', $data))) !== rtrim(html_entity_decode($view->render('page', $data)))) {
        fwrite(STDERR, "the pages differ\n");
        exit(1);
    }
    $figures['twig'] = $measure(static fn () => $twig->render('page.html', $data));
}
echo json_encode($figures), "\n";
