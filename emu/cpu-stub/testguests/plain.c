/* A shared object that is no guest. */
int plain_answer(void);

int plain_answer(void)
{
    return 42;
}
