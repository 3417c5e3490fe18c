/* Memory that this program's own code takes. */
#ifndef CALA_PROGRAM_PAGES_H
#define CALA_PROGRAM_PAGES_H

/* Gives back the pages of code and constants that were needed until now; each comes again when it is touched. */
void program_forget_pages(void);

#endif
