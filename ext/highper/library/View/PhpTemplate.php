<?php

declare(strict_types=1);

namespace Highper\View;

/** What `$this` is in a view that is a PHP file. */
final class PhpTemplate
{
    /** @var array<string, string> */
    private array $sections = [];
    /** @var list<string> */
    private array $open = [];
    private ?string $layout = null;
    /** @var array<string, mixed> */
    private array $more = [];
    private string $content = '';

    public function __construct(private readonly \Highper\View $view)
    {
    }

    /** A text as HTML. */
    public function e(mixed $value): string
    {
        return $value instanceof Html ? (string) $value : htmlspecialchars((string) $value, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5);
    }

    /**
     * What this view prints is for `content()` of another PHP file.
     *
     * @param array<string, mixed> $data more variables for it
     */
    public function layout(string $name, array $data = []): void
    {
        $this->layout = str_ends_with($name, '.php') ? $name : "{$name}.php";
        $this->more = $data;
    }

    /** What the view has printed, in its layout. */
    public function content(): string
    {
        return $this->content;
    }

    /** From here to `stop()` what is printed is a section of the layout. */
    public function start(string $name): void
    {
        $this->open[] = $name;
        ob_start();
    }

    public function stop(): void
    {
        $name = array_pop($this->open) ?? throw new \LogicException('stop() without a start()');
        $this->sections[$name] = (string) ob_get_clean();
    }

    /** A section that the view has filled, in its layout. */
    public function section(string $name, string $default = ''): string
    {
        return $this->sections[$name] ?? $default;
    }

    /**
     * The page of another view, of any kind.
     *
     * @param array<string, mixed> $data
     */
    public function include(string $name, array $data = []): string
    {
        return $this->view->render($name, $data);
    }

    /** @param array<string, mixed> $data */
    public function render(string $file, array $data): string
    {
        $this->content = $this->printed($file, $data);
        while ($this->layout !== null) {
            [$layout, $data] = [$this->layout, $this->more + $data];
            $this->layout = null;
            $this->content = $this->printed($layout, $data);
        }

        return $this->content;
    }

    /** @param array<string, mixed> $data */
    private function printed(string $file, array $data): string
    {
        if (!$this->view->has($file)) {
            throw new ViewException("there is no view {$file} in {$this->view->folder()}");
        }
        $level = ob_get_level();
        ob_start();
        try {
            (function (): void {
                $e = $this->e(...);
                extract(func_get_arg(1), EXTR_SKIP);
                include func_get_arg(0);
            })($this->view->folder() . '/' . $file, $data);
            if ($this->open !== []) {
                throw new \LogicException("{$file}: the section '{$this->open[0]}' was started and not stopped");
            }

            return (string) ob_get_clean();
        } finally {
            while (ob_get_level() > $level) {
                ob_end_clean();
            }
        }
    }
}
