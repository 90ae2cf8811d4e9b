<?php

declare(strict_types=1);

namespace Highper\View;

/** Views that are PHP files, as `notes/index.php`. */
final class PhpEngine implements Engine
{
    public function __construct(private readonly \Highper\View $view)
    {
    }

    public function render(string $file, array $data): string
    {
        return (new PhpTemplate($this->view))->render($file, $data);
    }
}
